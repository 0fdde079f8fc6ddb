import { Lexer } from 'marked'
import { codeFenceFor } from '../codeFence.ts'
import { headingMarks, longReply } from './longReply.ts'
import { linesOf, PIECE, piecesOfLine } from './pieces.ts'

/** Raw HTML that a blank line does not end, and the text that ends it. */
const HTML_ENDS: readonly [RegExp, string][] = [
  [/^\s*<!--/, '-->'],
  [/^\s*<\?/, '?>'],
  [/^\s*<!\[CDATA\[/, ']]>'],
  [/^\s*<![a-z]/i, '>'],
  [/^\s*<pre(?![\w-])/i, '</pre>'],
  [/^\s*<script(?![\w-])/i, '</script>'],
  [/^\s*<style(?![\w-])/i, '</style>'],
  [/^\s*<textarea(?![\w-])/i, '</textarea>'],
]
/** Lists or quotations that are nested deeper than anybody writes. Parsing them would block the server. */
const TOO_DEEP = /^[ \t]*(?:>[ \t]*|(?:[-*+]|\d{1,9}[.)])[ \t]+){16}|^[ \t]{64,}(?:[-*+>]|\d{1,9}[.)])/m
/**
 * The longest text that is parsed, in UTF-16 units. Parsing takes time that grows with the square of the text, for
 * example with a list item of many lines. A longer text is only looked through line by line.
 */
const MAX_PARSED = 16 * 1024
const FENCE = /^ {0,3}(`{3,}|~{3,})/
/** Code, or text with a layout: lines that are indented, have columns, or begin with a fence or a tag. */
const LAID_OUT = /^(?: {2}| ?\t)[ \t]*\S|^ ?(?:`{3,}|~{3,}|<[a-z!/?])|\S(?: {3,}|\t)\S/im
/** A mark that begins, underlines or heads a block. A number comes before its mark. */
const BLOCK_MARK = /^( ?)(#{1,6}(?=\s|$)|>|[-+*](?=\s|$)|[-=*_|:](?=[-=*_|: \t]*$)|\d{1,9}[.)](?=\s|$))/
/** A mark within a line, or an address. Addresses stay as they are. */
const INLINE_MARK =
  /https?:\/\/[^\s<>*`[\]\\]+|\\(?=[!-/:-@[-`{-~])|[`[]|(?<!\*)\*+(?=[^\s*])|(?<!~)~+(?=[^\s~])|(?<![\p{L}\p{N}_])_+(?=[^\s_])|<(?=[a-z/!?])|&(?=#?\w+;)/giu

/** A reply as Markdown that ends its last block, with no heading above level `highest`. In pieces. */
export function* replyBelow(written: string, highest: number): Generator<string, undefined> {
  if (written.length > MAX_PARSED) yield* longReply(written, highest)
  else yield headingsBelow(closeLastBlock(written), highest)
}

/** Closes a fence or raw HTML that is open at the end of a Markdown text. Otherwise it would swallow what follows. */
export function closeLastBlock(written: string): string {
  const text = written.trim()
  if (TOO_DEEP.test(text)) return text
  const last = new Lexer().blockTokens(text, []).at(-1)
  const end = last?.type === 'code' ? fenceEnd(last.raw) : last?.type === 'html' ? htmlEnd(last.raw) : ''
  return end === '' ? text : `${text}\n${end}`
}

/** Moves the headings of a Markdown text down, so that none is above level `highest`. */
export function headingsBelow(text: string, highest: number): string {
  if (TOO_DEEP.test(text)) return text
  const tokens = new Lexer().blockTokens(text, [])
  const depths = tokens.flatMap(token => (token.type === 'heading' ? Number(token['depth']) : []))
  const shift = highest - Math.min(...depths)
  const isWhole = tokens.map(({ raw }) => raw).join('') === text
  if (depths.length === 0 || shift <= 0 || !isWhole) return text
  return tokens
    .map(token => {
      if (token.type !== 'heading') return token.raw
      const marks = headingMarks(Number(token['depth']) + shift)
      const end = /\n*$/.exec(token.raw)?.[0] ?? ''
      return `${marks} ${joinLines(String(token['text']))}${end}`
    })
    .join('')
}

function joinLines(text: string): string {
  return text
    .split('\n')
    .map(line => line.trim())
    .join(' ')
}

function fenceEnd(code: string): string {
  const fence = FENCE.exec(code)?.[1]
  if (!fence) return ''
  const [, ...lines] = code.trimEnd().split('\n')
  const last = lines.at(-1)?.trim() ?? ''
  const isEnd = last.length >= fence.length && last === fence.charAt(0).repeat(last.length)
  return isEnd ? '' : fence
}

function htmlEnd(html: string): string {
  const [start, end = ''] = HTML_ENDS.find(([start]) => start.test(html)) ?? []
  const isEnded = !start || html.replace(start, '').toLowerCase().includes(end)
  return isEnded ? '' : end
}

/**
 * Writes a plain text as Markdown that looks as the text was written, line by line, in pieces. Ordinary prose stays as
 * it is. Code and text with a layout get a fence.
 */
export function* literal(text: string): Generator<string, undefined> {
  const plain = text
    .replace(/\r\n?/g, '\n')
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd()
  if (LAID_OUT.test(plain)) return yield fenced(plain)
  let written = ''
  let before: string | undefined
  for (const line of linesOf(plain)) {
    if (before !== undefined) written += breakAfter(before, line)
    before = yield* literalLine(line)
    if (written.length < PIECE) continue
    yield written
    written = ''
  }
  yield written + (before ?? '')
}

/** A line and the break after it. Two spaces keep the next line apart. */
function breakAfter(line: string, next: string): string {
  return /\S/.test(line) && /\S/.test(next) ? `${line.trimEnd()}  \n` : `${line}\n`
}

function* literalLine(line: string): Generator<string, string> {
  if (line.length <= PIECE) return literalInline(line).replace(BLOCK_MARK, escapeBlockMark)
  let written = ''
  for (const piece of piecesOfLine(line)) {
    const isFirst = written === ''
    written += isFirst ? literalInline(piece).replace(BLOCK_MARK, escapeBlockMark) : literalInline(piece)
    // Nothing is written yet, and other requests can run.
    yield ''
  }
  return written
}

/** As `literal`, for text within a line, where no block begins. */
export function literalInline(text: string): string {
  return text.replace(INLINE_MARK, mark => (mark.includes(':') ? mark : mark.replace(/./g, '\\$&')))
}

function escapeBlockMark(_match: string, indent: string, mark: string): string {
  return indent + mark.replace(/\D/, '\\$&')
}

/** Puts a text in a fence that the text cannot end. */
export function fenced(text: string): string {
  const fence = codeFenceFor(text)
  return `${fence}\n${text.replace(/\n$/, '')}\n${fence}`
}
