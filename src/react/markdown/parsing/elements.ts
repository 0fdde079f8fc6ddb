import type { Token, TokenizerExtensionFunction } from 'marked'

/** The elements of HTML that are drawn in a line. */
export type ElementTag = 'sub' | 'sup' | 'kbd'

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
