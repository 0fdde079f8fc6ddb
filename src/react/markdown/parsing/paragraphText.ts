import type { Tokens } from 'marked'

/** The text of a paragraph without the checkbox of a task, which `marked` leaves in it. */
export function paragraphText({ text, tokens }: Tokens.Paragraph): string {
  const checkbox = tokens[0]?.type === 'checkbox' ? tokens[0].raw : ''
  return text.startsWith(checkbox) ? text.slice(checkbox.length) : text
}
