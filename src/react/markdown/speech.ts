import { type AlertKind, alertOf } from './alert.ts'
import { type Blocks, splitBlocks } from './parsing/blocks.ts'
import { decodeCharacterReferences } from './parsing/characterReferences.ts'
import { closeLastLeaf } from './parsing/closeLastLeaf.ts'
import { definitionsIn } from './parsing/definitions.ts'
import { elementTagOf } from './parsing/elements.ts'
import type { MarkdownToken } from './parsing/grammar.ts'
import { holdBackUndecided } from './parsing/holdBackUndecided.ts'
import { paragraphText } from './parsing/paragraphText.ts'
import { type InlineOptions, linksIn, parseBlocks, parseInline } from './parsing/parse.ts'

/** Words for what cannot be read out. */
export interface SpokenWords {
  code: string
  table: string
  alert(kind: AlertKind): string
}

/** Reads a growing reply out, a few whole sentences at a time. */
export interface Speaker {
  /** The reply so far is on the screen already, and is not said. */
  begin(text: string): void
  /** The sentences of `text`, the reply so far, that are to be said now. `isWhole` says that it is the whole reply. */
  next(text: string, isWhole: boolean): string
}

/** Characters of a reply that are read out. A longer one is read on the page, at the reader's own pace. */
const LONGEST = 600
/** A reply with so much Markdown is not even parsed, because it is too long whatever it consists of. */
const TOO_LONG = 4 * LONGEST
const SENTENCES = new Intl.Segmenter(undefined, { granularity: 'sentence' })
const ADDRESS = /^https?:\/\/(?:www\.)?([^\s/?#]+)/

/** The speaker counts sentences, not characters, because a mark that closes later changes the characters before it. */
export function createSpeaker(words: SpokenWords): Speaker {
  let begun = splitBlocks('')
  let said = 0
  let length = 0
  return {
    begin(text) {
      begun = splitBlocks(text)
      said = sentencesIn(begun, { words, from: begun.frozen.length, isWhole: false }).length
      length = 0
    },
    next(text, isWhole) {
      if (text.length - begun.text.length > TOO_LONG || length > LONGEST) return ''
      const blocks = splitBlocks(text, begun)
      const sentences = sentencesIn(blocks, { words, from: begun.frozen.length, isWhole })
      const now = sentences.slice(said).join(' ')
      said = Math.max(said, sentences.length)
      length += now.length
      return length > LONGEST ? '' : now
    },
  }
}

/** Markdown as it is said. */
export function spoken(markdown: string, words: SpokenWords): string {
  return sentencesIn(splitBlocks(markdown), { words, from: 0, isWhole: true }).join(' ')
}

interface Extent {
  words: SpokenWords
  /** The first block that is wanted. */
  from: number
  /** Nothing follows. If not, the last sentence is left out until it is whole. */
  isWhole: boolean
}

function sentencesIn({ frozen, tail, tailIsOpenFence }: Blocks, { words, from, isWhole }: Extent): string[] {
  const links = linksIn([...definitionsIn([...frozen, tail]).values()].join('\n'))
  const voice: Voice = { words, links, isIncomplete: !isWhole }
  const sentences = frozen.slice(from).flatMap(block => split(say(parseBlocks(block), voice)))
  if (isWhole) return [...sentences, ...split(say(parseBlocks(tail), voice))]
  if (tailIsOpenFence) return sentences
  const { text, hasOpenFormula } = holdBackUndecided(tail)
  const tokens = parseBlocks(text)
  closeLastLeaf(tokens, hasOpenFormula)
  return [...sentences, ...splitWhole(say(tokens, voice))]
}

function split(text: string): string[] {
  return trimmed([...SENTENCES.segment(text)].map(({ segment }) => segment))
}

/** All sentences but the last, unless a letter after it would begin another one. */
function splitWhole(text: string): string[] {
  return trimmed([...SENTENCES.segment(`${text}A`)].map(({ segment }) => segment).slice(0, -1))
}

function trimmed(sentences: readonly string[]): string[] {
  return sentences.map(sentence => sentence.replace(/\s+/g, ' ').trim()).filter(sentence => sentence !== '')
}

interface Voice extends InlineOptions {
  words: SpokenWords
}

/** The text that the page draws of these blocks, with a line for each leaf. */
function say(tokens: readonly MarkdownToken[], voice: Voice): string {
  return tokens
    .map(token => sayBlock(token, voice))
    .filter(text => text !== '')
    .join('\n')
}

function sayBlock(token: MarkdownToken, voice: Voice): string {
  switch (token.type) {
    case 'heading':
    case 'text':
      return sayLeaf(token.text, voice)
    case 'paragraph':
      return sayLeaf(paragraphText(token), voice)
    case 'list':
      return token.items.map(({ tokens }) => say(tokens as MarkdownToken[], voice)).join('\n')
    case 'blockquote':
      return sayQuotation(token.tokens as MarkdownToken[], voice)
    case 'details':
      return `${sayLeaf(token.summary, voice)}\n${say(token.tokens as MarkdownToken[], voice)}`
    case 'footnote':
      return say(token.tokens as MarkdownToken[], voice)
    case 'table':
      return `${voice.words.table}.`
    case 'code':
      return `${voice.words.code}.`
    case 'formula':
      return token.isOpen ? '' : token.tex
    case 'html':
    case 'unread':
      return token.raw
    default:
      return ''
  }
}

function sayQuotation(tokens: readonly MarkdownToken[], voice: Voice): string {
  const alert = alertOf(tokens)
  return alert ? `${voice.words.alert(alert.kind)}.\n${say(alert.tokens, voice)}` : say(tokens, voice)
}

function sayLeaf(text: string, voice: Voice): string {
  return sayInline(parseInline(text, voice))
}

function sayInline(tokens: readonly MarkdownToken[]): string {
  return tokens.map((token, index) => sayMark(token, tokens[index - 1])).join('')
}

function sayMark(token: MarkdownToken, before: MarkdownToken | undefined): string {
  const inside = () => sayInline(('tokens' in token ? token.tokens : []) as MarkdownToken[])
  switch (token.type) {
    case 'em':
      return isProduct(token.raw, before) ? token.raw : inside()
    case 'strong':
    case 'del':
    case 'image':
    case 'pendingReference':
      return inside()
    case 'link':
      return hostOrText(inside())
    case 'codespan':
    case 'escape':
      return token.text
    case 'br':
      return '\n'
    case 'formula':
      return token.tex
    case 'footnoteReference':
      return ''
    case 'citation':
      return token.numbers.join(', ')
    case 'html':
      if (elementTagOf(token.raw)) return ''
      return /^<br\s*\/?>$/i.test(token.raw) ? '\n' : token.raw
    case 'unread':
      return token.raw
    default:
      return decodeCharacterReferences(token.raw).replace(/\s+/g, ' ')
  }
}

/**
 * `2*3` and `10*4` on one line make emphasis of what is between the stars. Without them the numbers would be others.
 */
function isProduct(raw: string, before: MarkdownToken | undefined): boolean {
  return /^\*\d/.test(raw) && /\d$/.test(before?.raw ?? '')
}

/** Of an address that is its own text, only the host is said. */
function hostOrText(text: string): string {
  return ADDRESS.exec(text)?.[1] ?? text
}
