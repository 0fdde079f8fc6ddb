import type { MarkdownToken } from './parsing/grammar.ts'

const ALERT = /^\[!(note|tip|important|warning|caution)\][ \t]*(?:\n|$)/i

export type AlertKind = 'note' | 'tip' | 'important' | 'warning' | 'caution'

/** The mark of an alert that a text begins with: `[!NOTE]` on a line of its own. */
export function alertIn(text: string): { kind: AlertKind; mark: string } | null {
  const match = ALERT.exec(text)
  return match && { kind: (match[1] ?? '').toLowerCase() as AlertKind, mark: match[0] }
}

/** The kind of alert that a quotation is, and its tokens without the mark. `null` if it is an ordinary quotation. */
export function alertOf([first, ...others]: readonly MarkdownToken[]): {
  kind: AlertKind
  tokens: MarkdownToken[]
} | null {
  const alert = first?.type === 'paragraph' ? alertIn(first.text) : null
  if (first?.type !== 'paragraph' || !alert) return null
  const text = first.text.slice(alert.mark.length)
  return { kind: alert.kind, tokens: text === '' ? others : [{ ...first, text }, ...others] }
}
