import type { Token, TokenizerExtensionFunction } from 'marked'
import type { MarkdownToken } from './grammar.ts'

/** The elements of HTML that are drawn in a line. */
export type ElementTag = 'sub' | 'sup' | 'kbd'

/** `<sub>2</sub>`: an element without attributes around some tokens of a leaf. */
export interface ElementToken {
  type: 'element'
  raw: string
  tag: ElementTag
  /** Elements within each other, itself included. */
  depth: number
  tokens: MarkdownToken[]
}

/** `<details>`: blocks that are folded below a summary. */
export interface DetailsToken {
  type: 'details'
  raw: string
  /** A leaf. */
  summary: string
  tokens: Token[]
  /** `</details>` has come. */
  isClosed: boolean
}

/** Elements within each other that are drawn. Others stay as they were written. */
const DEEPEST = 8
/** Without attributes. Every other tag is text. */
const TAG = /^<(\/?)(sub|sup|kbd)>$/i
/** Begins a line that begins or ends what is folded. */
export const DETAILS = /^ {0,3}<\/?(?:details|summary)>/i
const BEGIN =
  /^ {0,3}<details>\s*(?:<summary>((?:(?!<\/summary>|\n[ \t]*\n)[\s\S])*)(?:<\/summary>|(?=\n[ \t]*\n)|$))?/i
const FENCE_OR_TAG = /(?:^|\n) {0,3}(`{3,}|~{3,})|<(\/?)details>/gi

/** The tag that a token is, if it is one of those that are drawn in a line. */
export function elementTagOf(raw: string): { tag: ElementTag; isEnd: boolean } | null {
  const match = TAG.exec(raw)
  return match && { tag: (match[2] ?? '').toLowerCase() as ElementTag, isEnd: match[1] === '/' }
}

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
      paired.push(token)
      continue
    }
    open.length = begin
    const inside = paired.slice(at + 1)
    const depth = 1 + Math.max(0, ...inside.map(other => (other.type === 'element' ? other.depth : 0)))
    if (depth > DEEPEST) {
      paired.push(token)
      continue
    }
    const raw = [...paired.slice(at), token].map(other => other.raw).join('')
    paired.splice(at, paired.length, { type: 'element', raw, tag: found.tag, depth, tokens: inside })
  }
  return paired
}

/** How much deeper in folded text the next line is than this one. */
export function foldsIn(line: string, isFolded: boolean): number {
  if (!isFolded && !/^ {0,3}<details>/i.test(line)) return 0
  return (line.match(/<details>/gi)?.length ?? 0) - (line.match(/<\/details>/gi)?.length ?? 0)
}

export const details: TokenizerExtensionFunction = function (text) {
  const begin = BEGIN.exec(text)
  if (!begin) return
  const { inner, end } = foldedIn(text, begin[0].length)
  const raw = text.slice(0, end) + (/^[ \t]*\n*/.exec(text.slice(end))?.[0] ?? '')
  return {
    type: 'details',
    raw,
    summary: (begin[1] ?? '').replace(/<\/?[a-z]*$/i, '').trim(),
    tokens: this.lexer.blockTokens(`${text.slice(begin[0].length, inner).trim()}\n`, []),
    isClosed: inner < end,
  } satisfies DetailsToken
}

/** Where the folded text ends, and where its closing tag does. Without a closing tag it takes all there is. */
function foldedIn(text: string, from: number): { inner: number; end: number } {
  let depth = 1
  let fence = ''
  const rest = text.slice(from)
  for (const { 0: found, 1: mark, 2: slash, index } of rest.matchAll(FENCE_OR_TAG)) {
    if (mark !== undefined) fence = fence === '' ? mark : mark.startsWith(fence) ? '' : fence
    else if (fence === '') depth += slash === '/' ? -1 : 1
    if (depth === 0) return { inner: from + index, end: from + index + found.length }
  }
  return { inner: text.length, end: text.length }
}
