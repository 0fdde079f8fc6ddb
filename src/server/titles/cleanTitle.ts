const FIRST_WORDS_LENGTH = 60
const TITLE_LENGTH = 80
/** Some patterns below take a time that grows with the square of their text. A title with its marks is far shorter. */
const MAX_WRITTEN = 500

/** The first words of a message, on one line. */
export function firstWordsOf(content: string): string {
  return shortened(oneLine(content), FIRST_WORDS_LENGTH)
}

/**
 * Makes a title, whole or half written by a model, fit to be shown: its first line, at most 80 characters, without
 * Markdown and without quotes around it. Empty if nothing is left.
 */
export function cleanTitle(written: string): string {
  // No parser does this better: of a half-written title it would leave the marks that are not closed yet.
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

/** Removes quotes around the whole text. An opening quote is removed even before the closing one has come. */
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

/** At most `length` UTF-16 units. Cut between two words if that leaves more than half of them. */
function shortened(line: string, length: number): string {
  if (line.length <= length) return line
  const cut = line.slice(0, length - 1)
  const lastSpace = cut.lastIndexOf(' ')
  return `${(lastSpace > length / 2 ? cut.slice(0, lastSpace) : cut).replace(/[\uD800-\uDBFF]$/, '')}…`
}
