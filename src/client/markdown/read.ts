import { Lexer, type Links } from 'marked'
import { COMPLETE, INCOMPLETE, type MarkdownToken } from './grammar.ts'

/** Addresses by the label that stands for them in a text. */
export type { Links } from 'marked'

export const NO_LINKS: Links = {}

/** The blocks of a text, down to their leaves. What stands in a leaf is left as text, for `readInline`. */
export function readBlocks(text: string): MarkdownToken[] {
  const lexer = new Lexer(COMPLETE)
  return lexer.blockTokens(text.replace(/\r\n?/g, '\n'), lexer.tokens) as MarkdownToken[]
}

export interface InlineOptions {
  links: Links
  /** Definitions may still come. */
  isIncomplete: boolean
}

/** What stands in a leaf: text, emphasis, links, code and the like. */
export function readInline(text: string, { links, isIncomplete }: InlineOptions): MarkdownToken[] {
  const lexer = new Lexer(isIncomplete ? INCOMPLETE : COMPLETE)
  lexer.tokens.links = links
  return lexer.inlineTokens(text) as MarkdownToken[]
}

/** The link definitions in a text. */
export function linksIn(text: string): Links {
  const lexer = new Lexer(COMPLETE)
  lexer.blockTokens(text, lexer.tokens)
  return lexer.tokens.links
}
