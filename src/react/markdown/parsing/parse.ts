import { Lexer, type Links, type Token, type TokensList } from 'marked'
import { COMPLETE, formulaMask, type Grammar, INCOMPLETE, type MarkdownToken } from './grammar.ts'

/** It has no prototype, so that `[constructor]` is a label like any other. */
export const NO_LINKS: Links = Object.create(null)

/** Levels of nesting that are drawn. Drawing is recursive, and a page that runs out of stack is lost. */
const DEEPEST = 40
/** A line that begins more lists or quotations. It is told apart here, because the tokenizer looks through it again for each line below. */
const TOO_DEEP = new RegExp(
  `^[ \\t]*(?:>[ \\t]*|(?:[-*+]|\\d{1,9}[.)])[ \\t]+){${DEEPEST + 1}}(?![-*+ \\t]*$)`,
  'm',
)

/** How many steps lexers may still take. At each step one token is found, or that none of a kind begins here. */
interface Steps {
  left: number
}

/**
 * Throws when no steps are left, and when nesting is deeper than what is drawn. The time for deep nesting grows with the
 * square of its length, and each update of the text would take it again.
 */
class BoundedLexer extends Lexer {
  #depth = 0
  #leaf = ''

  constructor(grammar: Grammar, steps: Steps) {
    super(grammar)
    // `marked` calls the first of the extensions at each step.
    const countStep = () => {
      if (steps.left <= 0) throw new Error('too many steps')
      steps.left -= 1
      return undefined
    }
    const { block, inline, ...rest } = grammar.extensions
    const extensions = { ...rest, block: [countStep, ...block], inline: [countStep, ...inline] }
    this.options = { ...grammar, extensions, hooks: formulaMask(() => this.#leaf) }
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

/** Steps for the blocks of one text. A list of some thousand items takes as many, and is shown as it was written. */
const MAX_BLOCK_STEPS = 6000

/** Parses the blocks of a text. Their leaves stay text, for `parseInline`. */
export function parseBlocks(text: string): MarkdownToken[] {
  return readOr(text, () => {
    const lexer = new BoundedLexer(COMPLETE, { left: MAX_BLOCK_STEPS })
    return lexer.blockTokens(text.replace(/\r\n?/g, '\n'), lexer.tokens)
  })
}

export interface InlineOptions {
  links: Links
  /** Definitions of links may still come. */
  isIncomplete: boolean
}

/** A longer leaf is read in sections of this many UTF-16 units, because a mark looks for another through all that is read. */
const SECTION = 4000
/** Steps for one leaf. They take a part of a frame. A leaf with more marks than this is shown as it was written from there on. */
const MAX_STEPS = 4000

/** Parses a leaf: text, emphasis, links, code and so on. */
export function parseInline(text: string, options: InlineOptions): MarkdownToken[] {
  const steps: Steps = { left: MAX_STEPS }
  const tokens: MarkdownToken[] = []
  let start = 0
  while (start < text.length && steps.left > 0) {
    const section = text.slice(start, endOfSection(text, start))
    tokens.push(...readOr(section, () => inlineTokens(section, { ...options, steps })))
    start += section.length
  }
  if (start < text.length) tokens.push({ type: 'unread', raw: text.slice(start) })
  return tokens
}

function inlineTokens(
  text: string,
  { links, isIncomplete, steps }: InlineOptions & { steps: Steps },
): Token[] {
  const lexer = new BoundedLexer(isIncomplete ? INCOMPLETE : COMPLETE, steps)
  lexer.tokens.links = links
  return lexer.inlineTokens(text)
}

/** A word of up to this many UTF-16 units is never cut. */
const LONGEST_WORD = 8000

/** Cuts a long leaf between two lines if it has any, else between two words, and never inside a character. */
function endOfSection(text: string, start: number): number {
  const most = start + SECTION
  if (text.length <= most) return text.length
  const line = text.lastIndexOf('\n', most - 1)
  if (line > start) return line + 1
  const space = text.lastIndexOf(' ', most - 1)
  if (space > start) return space + 1
  const end = start + LONGEST_WORD
  const after = text.slice(most, end).search(/\s/)
  if (after !== -1) return most + after + 1
  return /[\uD800-\uDBFF]/.test(text[end - 1] ?? '') ? end - 1 : end
}

/** The link definitions in a text. */
export function linksIn(text: string): Links {
  const lexer = new BoundedLexer(COMPLETE, { left: MAX_BLOCK_STEPS })
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
