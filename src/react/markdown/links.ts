import type { Source } from '../../protocol/parts.ts'

const SAFE = /^(?:https?:\/\/|mailto:)/i
/** A backslash or an invisible character. No address needs one, and each can hide where a link leads. */
const TREACHEROUS = /[\\\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
const LOOKS_LIKE_ADDRESS = /^(?:https?:\/\/|www\.)?((?:[\w-]+\.)+[a-z]{2,})(?:[/?#:]|$)/i

/** The address if a reply may link to it: http, https or mailto. Otherwise an empty string. */
export function safeUrl(url: string): string {
  if (!SAFE.test(url) || TREACHEROUS.test(url)) return ''
  if (/^mailto:/i.test(url)) return url
  const parsed = parseUrl(url)
  return parsed && parsed.username === '' && parsed.password === '' ? url : ''
}

/** The host that a link leads to, if its text names another host. Otherwise an empty string. */
export function hostUnlike(text: string, url: string): string {
  const shown = LOOKS_LIKE_ADDRESS.exec(text.trim())?.[1]?.toLowerCase()
  const host = parseUrl(url)?.hostname
  if (!shown || !host) return ''
  return shown.replace(/^www\./, '') === host.replace(/^www\./, '') ? '' : host
}

/** An address anywhere in a text. */
const HOLDS_ADDRESS = /(?:[\p{L}\p{N}_-]+\.)+\p{L}{2,}/gu

/** What the link of a source says: its title, and its host if the title names another one anywhere. */
export function sourceText({ url, title }: Source): string {
  if (title.trim() === '') return url
  const host = parseUrl(url)?.hostname.replace(/^www\./, '') ?? ''
  const named = title.toLowerCase().match(HOLDS_ADDRESS) ?? []
  return host === '' || named.every(name => name.replace(/^www\./, '') === host)
    ? title
    : `${title} (${host})`
}

/** Attributes of every link in a reply. It opens in another tab, which learns nothing of this page. */
export const OUTSIDE = { target: '_blank', rel: 'noopener noreferrer nofollow' } as const

/** `null` if the text is not an address. */
export function parseUrl(url: string): URL | null {
  try {
    return new URL(url)
  } catch {
    return null
  }
}
