import { Lexer, type Links, type MarkedOptions, type Token, type TokensList } from 'marked'
import { COMPLETE, formulaMask, INCOMPLETE, type MarkdownToken } from './grammar.ts'

/** Addresses by the label that stands for them in a text. */
export type { Links } from 'marked'

/** It has no prototype: `[constructor]` in a text is a label like any other. */
export const NO_LINKS: Links = Object.create(null)

/** Levels that are drawn. Drawing goes down level by level, and a page that runs out of stack is gone. */
const DEEPEST = 100

/**
 * Gives up where nesting is deeper than what is drawn. To its end, deep nesting would take a time that grows with the
 * square of its length, and with each update of the text again.
 */
class BoundedLexer extends Lexer {
  #depth = 0
  #leaf = ''

  constructor(options: MarkedOptions) {
    super(options)
    this.options = { ...options, hooks: formulaMask(() => this.#leaf) }
  }

  override blockTokens(text: string, tokens?: Token[], isClipped?: boolean): Token[]
  override blockTokens(text: string, tokens?: TokensList, isClipped?: boolean): TokensList
  override blockTokens(text: string, tokens?: Token[], isClipped?: boolean): Token[] {
    return this.#within(() => super.blockTokens(text, tokens, isClipped))
  }

  override inlineTokens(text: string, tokens?: Token[]): Token[] {
    this.#leaf = text
    return this.#within(() => super.inlineTokens(text, tokens))
  }

  #within(read: () => Token[]): Token[] {
    if (this.#depth > DEEPEST) throw new Error(`deeper than ${DEEPEST} levels`)
    this.#depth += 1
    try {
      return read()
    } finally {
      this.#depth -= 1
    }
  }
}

/** The blocks of a text, down to their leaves. What stands in a leaf is left as text, for `readInline`. */
export function readBlocks(text: string): MarkdownToken[] {
  return readOr(text, () => {
    const lexer = new BoundedLexer(COMPLETE)
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
    const lexer = new BoundedLexer(isIncomplete ? INCOMPLETE : COMPLETE)
    lexer.tokens.links = links
    return lexer.inlineTokens(text)
  })
}

/** The link definitions in a text. */
export function linksIn(text: string): Links {
  const lexer = new BoundedLexer(COMPLETE)
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
