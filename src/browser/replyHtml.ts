import { cleanHtmlOf } from './clipboardFormats.ts'

/** Marks the drawn text of a reply. */
export const REPLY_TEXT = 'data-reply-text'

/** The drawn text of a reply as HTML for other programs. Empty if the reply is not drawn. */
export function replyHtmlOf(messageId: string): string {
  const row = document.querySelector(`[data-message="${CSS.escape(messageId)}"]`)
  return [...(row?.querySelectorAll(`[${REPLY_TEXT}]`) ?? [])].map(cleanHtmlOf).join('')
}
