const FIRST_WORDS_LENGTH = 60
const TITLE_LENGTH = 80

/** The first words of a message, on one line. */
export function firstWordsOf(content: string): string {
  return shortened(oneLine(content), FIRST_WORDS_LENGTH)
}

/**
 * A title as a model wrote it, or has begun to, made fit to be shown: its first line, at most 80 characters, without
 * quotes around it and without Markdown. Blank when nothing is left.
 */
export function cleanTitle(written: string): string {
  const line = oneLine(written.trim().split(/[\r\n]/, 1)[0] ?? '')
  const plain = line
    .replace(/^(#{1,6}|[-*+>])\s+/, '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/(\*\*|__|~~|`+)/g, '')
    .replace(/(?<![\p{L}\d])([*_])(?=\S)(.*?\S)\1(?![\p{L}\d])/gu, '$2')
    .replace(/^(título|titulo|title)\s*:\s*/i, '')
  return /[\p{L}\p{N}\p{S}]/u.test(plain) ? shortened(unquoted(plain.trim()), TITLE_LENGTH) : ''
}

const QUOTES = [`""`, `''`, '“”', '‘’', '«»', '„“']

/** Without the quotes around all of it; the first one goes though the last has not come yet. */
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

/** At most `length` UTF-16 units, cut between words where that leaves half of them. */
function shortened(line: string, length: number): string {
  if (line.length <= length) return line
  const cut = line.slice(0, length - 1)
  const lastSpace = cut.lastIndexOf(' ')
  return `${(lastSpace > length / 2 ? cut.slice(0, lastSpace) : cut).replace(/[\uD800-\uDBFF]$/, '')}…`
}
