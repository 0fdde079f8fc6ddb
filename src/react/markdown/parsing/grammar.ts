import {
  Hooks,
  type MarkedOptions,
  type MarkedToken,
  type Token,
  Tokenizer,
  type TokenizerExtensionFunction,
  type TokenizerStartFunction,
  type Tokens,
} from 'marked'
import { type DetailsToken, details, type ElementTag } from './elements.ts'
import { displayFormulaAt, formulaAt, formulasIn } from './tex.ts'

export interface FormulaToken {
  type: 'formula'
  raw: string
  tex: string
  isDisplay: boolean
  /** It is still being written, and shown as the code it is. */
  isOpen?: boolean
}

export interface FootnoteToken {
  type: 'footnote'
  raw: string
  label: string
  tokens: Token[]
}

export interface FootnoteReferenceToken {
  type: 'footnoteReference'
  raw: string
  label: string
}

/** `[1]` or `[1, 2]`: sources of the message, if it has as many. */
export interface CitationToken {
  type: 'citation'
  raw: string
  numbers: number[]
}

/** `[text][label]` while the definition of the label may still come. */
export interface PendingReferenceToken {
  type: 'pendingReference'
  raw: string
  tokens: Token[]
}

/** `<sub>2</sub>`: an element without attributes around some tokens of a leaf. */
export interface ElementToken {
  type: 'element'
  raw: string
  tag: ElementTag
  /** Elements within each other, itself included. */
  depth: number
  tokens: MarkdownToken[]
}

/** Text that could not be read, or is nested too deep to be drawn: it is shown as it was written. */
export interface UnreadToken {
  type: 'unread'
  raw: string
}

/** The tokens of a text: those of `marked`, and those of the extensions here. */
export type MarkdownToken =
  | MarkedToken
  | FormulaToken
  | FootnoteToken
  | FootnoteReferenceToken
  | CitationToken
  | PendingReferenceToken
  | ElementToken
  | DetailsToken
  | UnreadToken

/** The mark of a quotation or of a list item, in front of what stands in it. */
export const CONTAINER = /(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t])))/.source
/** Begins a block of its own at the left edge: a note, heading, list, quotation, table, rule, fence or formula. */
const BLOCK =
  / ?(?:\[\^|#{1,6}(?:\s|$)|(?:[-*+]|1[.)])[ \t]|[>|]|(?:[-*_][ \t]*){3,}(?:\n|$)|`{3}|~{3}|\$\$|\\\[)/.source
const FOOTNOTE = new RegExp(
  `^ {0,3}\\[\\^([^\\]\\s]{1,64})\\]:[ \\t]*([^\\n]*(?:\\n(?!${BLOCK})[ \\t]*\\S[^\\n]*|\\n+(?: {2,}|\\t)[^\\n]+)*)(?:\\n+|$)`,
)
const NOTE_BEGIN = /^ {0,3}\[\^[^\]\s]{1,64}\]:/
const BEGUN_BLOCK = /\n(?= {0,3}(?:\$\$|\\\[|\[\^))/g
const FOOTNOTE_REFERENCE = /^\[\^([^\]\s]{1,64})\]/
const ADDRESS_BEGIN = /^(?:(?:https?|ftp):\/\/|www\.|mailto:|xmpp:|[a-z0-9._+-]{1,64}@)/i
const CITATION = /^\[(\d{1,3}(?:, ?\d{1,3})*)\](?![(:])(?:\[([^[\]]+)\])?/
const REFERENCE = /^!?\[((?:\\.|[^[\]\\])+)\]\[((?:\\.|[^[\]\\])*)\]/

/** At each mark the tokenizer looks for an address, and would scan to the end of the text. */
const LONGEST_STRETCH = 256
/** After one of these, `**` closes what it can also in front of a letter, where words are not set apart: `**注意：**请`. */
export const ENDING = /[\p{Pe}\p{Pf}.,:;!?%…。、，．：；！？`$]/u
const ENDING_STRONG = new RegExp(`${ENDING.source}(?=\\*\\*\\p{L})`, 'gu')
/** Where words are not set apart, a punctuation mark on the other side of stars or tildes hinders no emphasis. */
export const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}ー]/u
const MARK = /(?![*_~])[\p{P}\p{S}]/u.source
const BESIDE_UNSPACED = new RegExp(
  `${MARK}(?=(?:\\*{1,3}|~~)${UNSPACED.source})|(?<=${UNSPACED.source}(?:\\*{1,3}|~~))${MARK}`,
  'gu',
)

const displayFormula: TokenizerExtensionFunction = text => {
  const found = displayFormulaAt(text)
  return found ? ({ type: 'formula', ...found, isDisplay: true } satisfies FormulaToken) : undefined
}

const inlineFormula: TokenizerExtensionFunction = (text, tokens) => {
  if (text[0] !== '$' && text[0] !== '\\') return
  const found = formulaAt(text, tokens.at(-1)?.raw.at(-1) ?? '')
  return found ? ({ type: 'formula', ...found, isDisplay: false } satisfies FormulaToken) : undefined
}

const footnote: TokenizerExtensionFunction = function (text) {
  const match = FOOTNOTE.exec(text)
  if (!match) return
  const [raw, label = '', content = ''] = match
  const tokens = this.lexer.blockTokens(content.replace(/\n(?: {1,4}|\t)/g, '\n'), [])
  return { type: 'footnote', raw, label, tokens } satisfies FootnoteToken
}

const footnoteReference: TokenizerExtensionFunction = function (text) {
  const match = FOOTNOTE_REFERENCE.exec(text)
  if (!match || this.lexer.state.inLink) return
  return { type: 'footnoteReference', raw: match[0], label: match[1] ?? '' } satisfies FootnoteReferenceToken
}

const citation: TokenizerExtensionFunction = function (text) {
  const match = CITATION.exec(text)
  if (!match || this.lexer.state.inLink) return
  const [, inside = '', label = inside] = match
  const { links } = this.lexer.tokens
  if (inside in links || label.trim().toLowerCase() in links) return
  const numbers = inside.split(',').map(Number)
  return { type: 'citation', raw: `[${inside}]`, numbers } satisfies CitationToken
}

const pendingReference: TokenizerExtensionFunction = function (text) {
  const match = REFERENCE.exec(text)
  if (!match) return
  const [raw, content = '', label] = match
  if ((label || content).trim().toLowerCase() in this.lexer.tokens.links) return
  return {
    type: 'pendingReference',
    raw,
    tokens: this.lexer.inlineTokens(content),
  } satisfies PendingReferenceToken
}

/** Lines that may begin one of the blocks here and do not, in one paragraph. The next one is not looked at. */
const MAX_NOT_BEGUN = 50

/** Where in a paragraph one of the blocks here begins; it ends the paragraph. In a list item `marked` does not heed it. */
const startOfBlock: TokenizerStartFunction = function (text) {
  if (!this.lexer.state.top) return
  // A blank line ends the paragraph. Without this bound each paragraph would look through all that follow it.
  const end = text.search(/\n[ \t]*\n/)
  const paragraph = end === -1 ? text : text.slice(0, end)
  let notBegun = 0
  for (const { index } of paragraph.matchAll(BEGUN_BLOCK)) {
    const rest = text.slice(index + 1)
    if (NOTE_BEGIN.test(rest) || displayFormulaAt(rest)) return index + 1
    notBegun += 1
    if (notBegun > MAX_NOT_BEGUN) return
  }
}

/** Where text that is read at once ends: before a formula, or between two words. */
const endOfStretch: TokenizerStartFunction = text => {
  const stretch = text.slice(0, LONGEST_STRETCH)
  const formula = stretch.indexOf('$')
  if (formula !== -1) return formula
  if (stretch.length === text.length) return
  const space = Math.max(0, stretch.lastIndexOf(' '), stretch.lastIndexOf('\n'))
  return stretch.slice(0, space).trimEnd().length || LONGEST_STRETCH
}

/**
 * No mark in a formula is one of emphasis, and a punctuation mark may stand before the end of strong words. `leafOf` gives
 * the text that is read: `marked` asks with the escapes in it masked already.
 */
export function formulaMask(leafOf: () => string): Hooks {
  const hooks = new Hooks()
  hooks.emStrongMask = masked => {
    if (!/[*_~]/.test(masked)) return masked
    const leaf = leafOf()
    const text = masked.replace(/\+/g, (plus, index: number) => leaf[index] ?? plus)
    let mask = ''
    for (const { index, raw } of formulasIn(text))
      mask += masked.slice(mask.length, index) + 'a'.repeat(raw.length)
    return (mask + masked.slice(mask.length))
      .replace(ENDING_STRONG, 'a')
      .replace(BESIDE_UNSPACED, found => 'a'.repeat(found.length))
  }
  return hooks
}

/**
 * Characters of a leaf that may be looked through in vain for the mark that closes another. Each mark that nothing closes
 * takes a look to the end of the leaf. What a person or a model writes takes a small share of them.
 */
const MOST_IN_VAIN = 500_000
/** Opens nothing: `2 * 3`. */
const OPENS_NOTHING = /^[*_~]+(?:\s|$)/
/** The longest heading above its underline, in UTF-16 units. The tokenizer looks for the underline from each line of a list item. */
const LONGEST_HEADING = 1000
const UNDERLINE = /\n {0,3}(?:=+|-+)[ \t]*(?:\n|$)/
/** Characters at the end of an address that may not belong to it. The tokenizer takes them away one by one. */
const LONGEST_END = 64

class PlainTokenizer extends Tokenizer {
  #reading: unknown
  #left = 0

  override emStrong(text: string, masked: string, before = ''): Tokens.Em | Tokens.Strong | undefined {
    return this.#withinBounds(text, () =>
      super.emStrong(text, masked, text[0] === '*' ? spacedBefore(before) : before),
    )
  }

  /** One tilde means "about" or "to"; two strike out. */
  override del(text: string, masked: string, before = ''): Tokens.Del | undefined {
    if (!text.startsWith('~~')) return undefined
    return this.#withinBounds(text, () => super.del(text, masked, spacedBefore(before)))
  }

  override lheading(text: string): Tokens.Heading | undefined {
    return UNDERLINE.test(text.slice(0, LONGEST_HEADING)) ? super.lheading(text) : undefined
  }

  override url(text: string): Tokens.Link | undefined {
    return ADDRESS_BEGIN.test(text) ? super.url(withShortEnd(text)) : undefined
  }

  /** Looks for a closing mark, unless too much of the leaf was looked through in vain. Each leaf has its own lexer. */
  #withinBounds<Found>(text: string, look: () => Found | undefined): Found | undefined {
    if (!/^[*_~]/.test(text) || OPENS_NOTHING.test(text)) return undefined
    if (this.#reading !== this.lexer) this.#left = MOST_IN_VAIN
    this.#reading = this.lexer
    if (this.#left <= 0) return undefined
    const found = look()
    if (!found) this.#left -= text.length
    return found
  }
}

/** The address of a page at the beginning of a text, without most of a very long end of punctuation marks and references. */
function withShortEnd(text: string): string {
  const address = /^(?:https?:\/\/|ftp:\/\/|www\.)[^\s<]*/i.exec(text)?.[0] ?? ''
  let end = address.length
  while (end > 0) {
    const reference =
      address[end - 1] === ';' ? /&[a-z0-9]{1,32};$/i.exec(address.slice(Math.max(0, end - 34), end)) : null
    if (!reference && !/[?!.,:;*_'"~)]/.test(address[end - 1] ?? '')) break
    end -= reference?.[0].length ?? 1
  }
  return address.length - end > LONGEST_END ? address.slice(0, end + LONGEST_END) : text
}

/** The character before an opening mark, as if words were set apart in every script. */
function spacedBefore(before: string): string {
  return UNSPACED.test(before) ? '' : before
}

function optionsWith(inline: TokenizerExtensionFunction[]) {
  return {
    gfm: true,
    tokenizer: new PlainTokenizer(),
    extensions: {
      block: [displayFormula, footnote, details],
      startBlock: [startOfBlock],
      inline,
      startInline: [endOfStretch],
      renderers: {},
      childTokens: {},
    },
  } satisfies MarkedOptions
}

/** What `marked` is told of the grammar here. */
export type Grammar = ReturnType<typeof optionsWith>

const INLINE = [inlineFormula, footnoteReference, citation]

/** How a text is read that is complete. */
export const COMPLETE = optionsWith(INLINE)
/** How a text is read of which more comes: a link is shown as its text until its definition is there. */
export const INCOMPLETE = optionsWith([...INLINE, pendingReference])
