/** Marks the drawn text of a reply. */
export const REPLY_TEXT = 'data-reply-text'

let cleanHtmlOf: ((node: Node) => string) | null = null

/** Sets what makes HTML of drawn text. It comes with the code that draws replies, because nobody copies a reply before. */
export function cleanRepliesBy(clean: (node: Node) => string): void {
  cleanHtmlOf = clean
}

/** The drawn text of a reply as HTML for other programs. Empty if the reply is not drawn. */
export function replyHtmlOf(messageId: string): string {
  if (!cleanHtmlOf) return ''
  const row = document.querySelector(`[data-message="${CSS.escape(messageId)}"]`)
  return [...(row?.querySelectorAll(`[${REPLY_TEXT}]`) ?? [])].map(cleanHtmlOf).join('')
}
