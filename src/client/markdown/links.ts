const SAFE = /^(?:https?:\/\/|mailto:)/i

/** The address when it is one a reply may link to: http, https or mailto. Otherwise an empty string. */
export function safeUrl(url: string): string {
  return SAFE.test(url) ? url : ''
}

/** Attributes of every link in a reply: it opens outside, learns nothing of this page, and gains nothing from it. */
export const OUTSIDE = { target: '_blank', rel: 'noopener noreferrer nofollow' } as const
