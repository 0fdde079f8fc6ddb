import { Lexer } from 'marked'
import { codeFenceFor } from '../codeFence.ts'

/** Raw HTML that goes on over blank lines, and what ends it. */
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
/** Lists or quotations in one another as nobody writes them: reading them would hold the server up. */
const TOO_DEEP = /^[ \t]*(?:>[ \t]*|(?:[-*+]|\d{1,9}[.)])[ \t]+){16}|^[ \t]{64,}(?:[-*+>]|\d{1,9}[.)])/m
const FENCE = /^ {0,3}(`{3,}|~{3,})/
/** Code, or laid out by hand: lines that are indented, have columns, or begin with a fence or a tag. */
const LAID_OUT = /^(?: {2}| ?\t)[ \t]*\S|^ ?(?:`{3,}|~{3,}|<[a-z!/?])|\S(?: {3,}|\t)\S/im
/** What begins a block, or underlines or heads one; a number comes before its mark. */
const BLOCK_MARK = /^( ?)(#{1,6}(?=\s|$)|>|[-+*](?=\s|$)|[-=*_|:](?=[-=*_|: \t]*$)|\d{1,9}[.)](?=\s|$))/
/** What begins a mark within a line, and addresses, which are left as they are. */
const INLINE_MARK =
  /https?:\/\/[^\s<>*`[\]\\]+|\\(?=[!-/:-@[-`{-~])|[`[]|(?<!\*)\*+(?=[^\s*])|(?<!~)~+(?=[^\s~])|(?<![\p{L}\p{N}_])_+(?=[^\s_])|<(?=[a-z/!?])|&(?=#?\w+;)/giu

/** A Markdown text, with the end of a fence or of raw HTML that would take in what follows it. */
export function closed(written: string): string {
  const text = written.trim()
  if (TOO_DEEP.test(text)) return text
  const last = new Lexer().blockTokens(text, []).at(-1)
  const end = last?.type === 'code' ? fenceEnd(last.raw) : last?.type === 'html' ? htmlEnd(last.raw) : ''
  return end === '' ? text : `${text}\n${end}`
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
 * A plain text as Markdown that is read as it was written, line by line. Ordinary prose stays as it is; what is code, or
 * was laid out, stands in a fence.
 */
export function literal(text: string): string {
  const plain = text
    .replace(/\r\n?/g, '\n')
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd()
  if (LAID_OUT.test(plain)) return fenced(plain)
  const lines = plain.split('\n').map(line => literalInline(line).replace(BLOCK_MARK, escapeBlockMark))
  return lines.join('\n').replace(/(\S)[ \t]*\n(?=[ \t]*\S)/g, '$1  \n')
}

/** The same for a text on one line that begins no block. */
export function literalInline(text: string): string {
  return text.replace(INLINE_MARK, mark => (mark.includes(':') ? mark : mark.replace(/./g, '\\$&')))
}

function escapeBlockMark(_match: string, indent: string, mark: string): string {
  return indent + mark.replace(/\D/, '\\$&')
}

/** A text in a fence that it cannot end. */
export function fenced(text: string): string {
  const fence = codeFenceFor(text)
  return `${fence}\n${text.replace(/\n$/, '')}\n${fence}`
}
