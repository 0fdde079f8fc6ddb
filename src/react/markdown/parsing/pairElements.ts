import { type ElementTag, elementTagOf } from './elements.ts'
import type { MarkdownToken } from './grammar.ts'

/** Elements within each other that are drawn. Others stay as they were written. */
const DEEPEST = 8
/** Open tags that a closing one looks through. */
const MAX_OPEN = 64

/** Puts what stands between two tags into an element. A tag without its other one stays as it was written. */
export function pairElements(tokens: readonly MarkdownToken[]): readonly MarkdownToken[] {
  if (!tokens.some(({ type }) => type === 'html')) return tokens
  const paired: MarkdownToken[] = []
  const open: { tag: ElementTag; at: number }[] = []
  for (const token of tokens) {
    const found = token.type === 'html' ? elementTagOf(token.raw) : null
    const begin = found?.isEnd ? open.findLastIndex(({ tag }) => tag === found.tag) : -1
    const at = open[begin]?.at
    if (!found || at === undefined) {
      if (found && !found.isEnd) open.push({ tag: found.tag, at: paired.length })
      if (open.length > MAX_OPEN) open.shift()
      paired.push(token)
      continue
    }
    const inside = paired.slice(at + 1)
    const depth = inside.reduce((deepest, other) => Math.max(deepest, depthOf(other) + 1), 1)
    // Whatever is open further out would be deeper still.
    open.length = depth > DEEPEST ? 0 : begin
    if (depth > DEEPEST) {
      paired.push(token)
      continue
    }
    const raw = [...paired.slice(at), token].map(other => other.raw).join('')
    paired.splice(at, paired.length, { type: 'element', raw, tag: found.tag, depth, tokens: inside })
  }
  return paired
}

function depthOf(token: MarkdownToken): number {
  return token.type === 'element' ? token.depth : 0
}
