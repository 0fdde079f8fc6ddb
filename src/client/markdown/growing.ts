import { closeInline } from './closeInline.ts'
import type { MarkdownToken } from './grammar.ts'

/** Closes the last leaf of these tokens, in place: it is the one that grows. Answers the same tokens. */
export function closeLastLeaf(tokens: MarkdownToken[]): MarkdownToken[] {
  const last = tokens.findLast(({ type }) => type !== 'space')
  switch (last?.type) {
    case 'paragraph':
    case 'heading':
    case 'text':
      last.text = closeInline(last.text)
      break
    case 'blockquote':
    case 'footnote':
      closeLastLeaf(last.tokens as MarkdownToken[])
      break
    case 'list':
      closeLastLeaf((last.items.at(-1)?.tokens ?? []) as MarkdownToken[])
      break
    case 'table': {
      const cell = (last.rows.at(-1) ?? last.header).findLast(({ text }) => text !== '')
      if (cell) cell.text = closeInline(cell.text)
    }
  }
  return tokens
}
