const SAFE = /^(?:https?:\/\/|mailto:)/i
/** A backslash, or a character nobody sees: none is needed in an address, and each can hide where it leads. */
const TREACHEROUS = /[\\\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
const LOOKS_LIKE_ADDRESS = /^(?:https?:\/\/|www\.)?((?:[\w-]+\.)+[a-z]{2,})(?:[/?#:]|$)/i

/** The address when it is one a reply may link to: http, https or mailto. Otherwise an empty string. */
export function safeUrl(url: string): string {
  if (!SAFE.test(url) || TREACHEROUS.test(url)) return ''
  if (/^mailto:/i.test(url)) return url
  const parsed = parseUrl(url)
  return parsed && parsed.username === '' && parsed.password === '' ? url : ''
}

/** The host a link leads to when its text names another one; otherwise an empty string. */
export function hostUnlike(text: string, url: string): string {
  const shown = LOOKS_LIKE_ADDRESS.exec(text.trim())?.[1]?.toLowerCase()
  const host = parseUrl(url)?.hostname
  if (!shown || !host) return ''
  return shown.replace(/^www\./, '') === host.replace(/^www\./, '') ? '' : host
}

/** Attributes of every link in a reply: it opens outside, learns nothing of this page, and gains nothing from it. */
export const OUTSIDE = { target: '_blank', rel: 'noopener noreferrer nofollow' } as const

/** `null` when it is no address. */
export function parseUrl(url: string): URL | null {
  try {
    return new URL(url)
  } catch {
    return null
  }
}
