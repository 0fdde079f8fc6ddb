import { Lexer, type Links, type MarkedOptions, type Token, type TokensList } from 'marked'
import { COMPLETE, formulaMask, INCOMPLETE, type MarkdownToken } from './grammar.ts'

/** It has no prototype, so that `[constructor]` is a label like any other. */
export const NO_LINKS: Links = Object.create(null)

/** Levels of nesting that are drawn. Drawing is recursive, and a page that runs out of stack is lost. */
const DEEPEST = 40
/** A line that begins more lists or quotations. It is told apart here, because the tokenizer looks through it again for each line below. */
const TOO_DEEP = new RegExp(
  `^[ \\t]*(?:>[ \\t]*|(?:[-*+]|\\d{1,9}[.)])[ \\t]+){${DEEPEST + 1}}(?![-*+ \\t]*$)`,
  'm',
)

/**
 * Throws when nesting is deeper than what is drawn. The time for deep nesting grows with the square of its length, and
 * each update of the text would take it again.
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
    if (this.#depth === 0 && TOO_DEEP.test(text)) throw new Error(`deeper than ${DEEPEST} levels`)
    return this.#within(() => super.blockTokens(text, tokens, isClipped))
  }

  override inlineTokens(text: string, tokens?: Token[]): Token[] {
    this.#leaf = text
    return this.#within(() => super.inlineTokens(text, tokens))
  }

  #within(read: () => Token[]): Token[] {
    if (this.#depth >= DEEPEST) throw new Error(`deeper than ${DEEPEST} levels`)
    this.#depth += 1
    try {
      return read()
    } finally {
      this.#depth -= 1
    }
  }
}

/** Parses the blocks of a text. Their leaves stay text, for `parseInline`. */
export function parseBlocks(text: string): MarkdownToken[] {
  return readOr(text, () => {
    const lexer = new BoundedLexer(COMPLETE)
    return lexer.blockTokens(text.replace(/\r\n?/g, '\n'), lexer.tokens)
  })
}

export interface InlineOptions {
  links: Links
  /** Definitions of links may still come. */
  isIncomplete: boolean
}

/** Parses a leaf: text, emphasis, links, code and so on. */
export function parseInline(text: string, { links, isIncomplete }: InlineOptions): MarkdownToken[] {
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

/** If `read` throws, or runs out of stack, or goes too deep, the text stays as it was written. */
function readOr(text: string, read: () => Token[]): MarkdownToken[] {
  try {
    return read() as MarkdownToken[]
  } catch {
    return [{ type: 'unread', raw: text }]
  }
}
