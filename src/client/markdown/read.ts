import { Lexer, type Links, type Token } from 'marked'
import { COMPLETE, INCOMPLETE, type MarkdownToken } from './grammar.ts'

/** Addresses by the label that stands for them in a text. */
export type { Links } from 'marked'

/** It has no prototype: `[constructor]` in a text is a label like any other. */
export const NO_LINKS: Links = Object.create(null)

/** Levels that are drawn. Drawing goes down level by level, and a page that runs out of stack is gone. */
const DEEPEST = 100

/** The blocks of a text, down to their leaves. What stands in a leaf is left as text, for `readInline`. */
export function readBlocks(text: string): MarkdownToken[] {
  return readOr(text, () => {
    const lexer = new Lexer(COMPLETE)
    return lexer.blockTokens(text.replace(/\r\n?/g, '\n'), lexer.tokens)
  })
}

export interface InlineOptions {
  links: Links
  /** Definitions may still come. */
  isIncomplete: boolean
}

/** What stands in a leaf: text, emphasis, links, code and the like. */
export function readInline(text: string, { links, isIncomplete }: InlineOptions): MarkdownToken[] {
  return readOr(text, () => {
    const lexer = new Lexer(isIncomplete ? INCOMPLETE : COMPLETE)
    lexer.tokens.links = links
    return lexer.inlineTokens(text)
  })
}

/** The link definitions in a text. */
export function linksIn(text: string): Links {
  const lexer = new Lexer(COMPLETE)
  try {
    lexer.blockTokens(text, lexer.tokens)
  } catch {
    return NO_LINKS
  }
  return lexer.tokens.links
}

/** The reading of deep nesting may itself run out of stack. */
function readOr(text: string, read: () => Token[]): MarkdownToken[] {
  try {
    const tokens = read()
    if (!isDeeper(tokens, DEEPEST)) return tokens as MarkdownToken[]
  } catch {}
  return [{ type: 'unread', raw: text }]
}

function isDeeper(tokens: readonly Token[], levels: number): boolean {
  if (levels === 0) return tokens.length > 0
  return tokens.some(token => {
    if (token.type === 'list') return token['items'].some((item: Token) => isDeeperIn(item, levels))
    return isDeeperIn(token, levels)
  })
}

function isDeeperIn(token: Token, levels: number): boolean {
  return 'tokens' in token && token.tokens !== undefined && isDeeper(token.tokens, levels - 1)
}
