const FIRST_WORDS_LENGTH = 60
const TITLE_LENGTH = 80
/**
 * A title is made from at most this many UTF-16 units. A title with its Markdown is far shorter, some patterns below take
 * time that grows with the square of the text, and a message has up to a million.
 */
const MAX_WRITTEN = 500

/** The first words of a message, on one line. */
export function firstWordsOf(content: string): string {
  return shortened(oneLine(content.trimStart().slice(0, MAX_WRITTEN)), FIRST_WORDS_LENGTH)
}

/**
 * Makes a title that a model wrote, or has written half, fit to be shown: its first line, at most 80 characters,
 * without Markdown and without quotes around it. Empty if nothing is left.
 */
export function cleanTitle(written: string): string {
  // Expressions and no parser, because a parser leaves the marks that a half-written title has not closed yet.
  const [line = ''] = written
    .trim()
    .slice(0, MAX_WRITTEN)
    .split(/[\r\n]/, 1)
  const plain = oneLine(line)
    .replace(/^(#{1,6}|[-*+>])\s+/, '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/(\*\*|__|~~|`+)/g, '')
    .replace(/(?<![\p{L}\d])([*_])(?=\S)(.*?\S)\1(?![\p{L}\d])/gu, '$2')
    .replace(/^(título|titulo|title)\s*:\s*/i, '')
  return /[\p{L}\p{N}\p{S}]/u.test(plain) ? shortened(unquoted(plain.trim()), TITLE_LENGTH) : ''
}

const QUOTES = [`""`, `''`, '“”', '‘’', '«»', '„“']

/** Removes quotes around the whole text. Removes an opening quote even if the closing one has not come yet. */
function unquoted(text: string): string {
  const pair = QUOTES.find(([open]) => open && text.startsWith(open))
  if (!pair) return text
  const [, close = ''] = pair
  const inner = text.slice(1)
  const end = inner.indexOf(close)
  if (end === -1) return inner.trim()
  return end === inner.length - 1 ? inner.slice(0, -1).trim() : text
}

function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim()
}

/** Cuts a line to `length` UTF-16 units. Cuts between two words if that leaves more than half. */
function shortened(line: string, length: number): string {
  if (line.length <= length) return line
  const cut = line.slice(0, length - 1)
  const lastSpace = cut.lastIndexOf(' ')
  return `${(lastSpace > length / 2 ? cut.slice(0, lastSpace) : cut).replace(/[\uD800-\uDBFF]$/, '')}…`
}
