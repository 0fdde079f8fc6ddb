import { alertIn } from '../alert.ts'
import { closeInline } from './closeInline.ts'
import type { MarkdownToken } from './grammar.ts'

/** Closes the last leaf of the tokens in place, because that one grows. Returns whether it changed. */
export function closeLastLeaf(tokens: readonly MarkdownToken[], hasOpenFormula: boolean): boolean {
  const last = tokens.findLast(({ type }) => type !== 'space')
  switch (last?.type) {
    case 'paragraph':
    case 'heading':
    case 'text':
      return close(last)
    case 'blockquote':
    case 'footnote':
      return closeLastLeaf(last.tokens as MarkdownToken[], hasOpenFormula)
    case 'details': {
      if (last.isClosed) return false
      if (last.tokens.some(({ type }) => type !== 'space'))
        return closeLastLeaf(last.tokens as MarkdownToken[], hasOpenFormula)
      last.summary = closeInline(last.summary)
      return true
    }
    case 'list':
      return closeLastLeaf((last.items.at(-1)?.tokens ?? []) as MarkdownToken[], hasOpenFormula)
    case 'table': {
      const cell = (last.rows.at(-1) ?? last.header).findLast(({ text }) => text !== '')
      return cell !== undefined && close(cell)
    }
    case 'formula':
      last.isOpen = hasOpenFormula
      return hasOpenFormula
    default:
      return false
  }
}

function close(leaf: { text: string }): boolean {
  const text = leaf.text
  const mark = alertIn(text)?.mark ?? ''
  leaf.text = mark + closeInline(text.slice(mark.length))
  return leaf.text !== text
}
