import { type Formula, formulasIn, mayBecomeFormula } from './parsing/tex.ts'

/** What is said in place of what cannot be read out. */
export interface SpokenWords {
  code: string
  table: string
}

/** Reads a growing reply out, a few whole sentences at a time. */
export interface Speaker {
  /** Everything up to here is known already. */
  begin(text: string): void
  /** What of `text`, the reply so far, is to be said now; with `isWhole` it is the whole reply. */
  next(text: string, isWhole: boolean): string
}

/** Characters of a reply that are read out; a longer one is read on the page, at the reader's own pace. */
const LONGEST = 600
/** Characters after which a reply is too long whatever it consists of: no more is looked at in search of sentences. */
const TOO_LONG = 4 * LONGEST
const FENCE = /^ {0,3}(?:```|~~~)/gm
const CODE = /^ {0,3}(```|~~~)[^\n]*\n[\s\S]*?(?:^ {0,3}\1[^\n]*$|$(?![\s\S]))/gm
const NOTE = /\[\^[^\]\s]{1,64}\]/g
const DESTINATION = /\((?:[^()]|\([^()]*\))*\)|\[[^[\]]*\]/.source
const IMAGE = new RegExp(`!\\[([^[\\]]*)\\](?:${DESTINATION})`, 'g')
const LINK = new RegExp(`\\[([^[\\]]*)\\](?:${DESTINATION})?`, 'g')
/** With the character after it, without which more of it may come. */
const CLOSED = new RegExp(`!?\\[[^[\\]]*\\](?:${DESTINATION}|(?=[^([]))`, 'g')
const OPEN = /(?:!?\[|\$\$|\\[([])(?:(?!\n[ \t]*\n)[\s\S])*$/
/** Code within a line, or what may mark emphasis. */
const MARK = /(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)|\\?(`+|\*+|_+|~+)/g
const WORD = /[^\s\p{P}\p{S}]/u
const ADDRESS = /<?https?:\/\/(?:www\.)?([^\s/?#<>)]+)(?:[/?#](?:[^\s<>)]*[^\s<>).,;:!?])?)?>?/g

export function createSpeaker(words: SpokenWords): Speaker {
  let start = 0
  let position = 0
  return {
    begin: text => {
      start = text.length
      position = text.length
    },
    next: (text, isWhole) => {
      if (text.length - start > TOO_LONG) return ''
      const end = isWhole ? text.length : endOfSentences(text, position)
      const isLong = end - start > LONGEST
      if (end <= position || isLong) return ''
      const said = spoken(text.slice(position, end), words)
      position = end
      return said
    },
  }
}

/** Where the last whole sentence after `from` ends. Code counts as one sentence, whole when its fence is closed. */
function endOfSentences(text: string, from: number): number {
  const rest = text.slice(from)
  const fences = [...rest.matchAll(FENCE)]
  const openFence = fences.length % 2 === 1 ? fences.at(-1)?.index : undefined
  if (openFence !== undefined) return from + openFence
  const sentences = [...new Intl.Segmenter(undefined, { granularity: 'sentence' }).segment(masked(rest))]
  const last = sentences.at(-1)
  return last ? from + last.index : from
}

/**
 * `text` for the search of sentences, every character in its place: a link, an image, a formula or code is one word, and
 * so is all that follows where one of them is still being written.
 */
function masked(text: string): string {
  const word = (found: string) => 'A'.repeat(found.length)
  const read = replaceFormulas(text.replace(CODE, word), ({ raw }) => word(raw.trimEnd()).padEnd(raw.length))
    .replace(NOTE, note => ' '.repeat(note.length))
    .replace(CLOSED, word)
    .replace(CLOSED, word)
  const dollar = [...read.matchAll(/\$/g)].find(({ index }) =>
    mayBecomeFormula(read.slice(index), read[index - 1] ?? ''),
  )
  const open = Math.min(OPEN.exec(read)?.index ?? read.length, dollar?.index ?? read.length)
  return open < read.length ? `${read.slice(0, open)}A` : read
}

/** Markdown as it is said: without its marks, with one word for code and for a table. */
export function spoken(markdown: string, words: SpokenWords): string {
  const text = markdown
    .replace(CODE, ` ${words.code}. `)
    .replace(/^\|.*\|[ \t]*(?:\n\|.*\|[ \t]*)*$/gm, ` ${words.table}. `)
    .replace(/^ {0,3}\[\^[^\]\s]{1,64}\]:/gm, '')
    .replace(/^ {0,3}\[[^\]\n]+\]:[^\n]*$/gm, '')
    .replace(/^ {0,3}(?:[-*_=][ \t]*){3,}$/gm, '')
    .replace(/^([ \t]*(?:[-*+]|\d+[.)])[ \t]+)\[[ xX]\][ \t]/gm, '$1')
    .replace(/^[ \t]*(?:#{1,6}|>|[-*+]|\d+[.)])[ \t]+/gm, '')
    .replace(NOTE, '')
  const read = replaceFormulas(text, ({ raw, tex }) => (raw.endsWith('\n') ? `${tex}\n` : tex))
    .replace(IMAGE, '$1')
    .replace(LINK, '$1')
    .replace(ADDRESS, '$1')
  return withoutMarks(read).replace(/\s+/g, ' ').trim()
}

/** `text` without what marks emphasis and code in it: `2*3` and `snake_case` are said as they are. */
function withoutMarks(text: string): string {
  const found = [...text.matchAll(MARK)].map(match => ({ match, side: sideOf(text, match) }))
  let said = ''
  let end = 0
  found.forEach(({ match, side }, index) => {
    const { 0: raw, 2: code, 3: mark = '' } = match
    const isSame = (other: (typeof found)[number]) => other.match[3] === mark
    const isMark =
      side === 'within'
        ? !mark.startsWith('_') &&
          (found.slice(0, index).findLast(isSame)?.side === 'before' ||
            found.slice(index + 1).find(isSame)?.side === 'after')
        : side !== 'apart'
    said += text.slice(end, match.index) + (code ?? (isMark ? '' : mark))
    end = match.index + raw.length
  })
  return said + text.slice(end)
}

/** Where a mark stands by a word, by the rules of CommonMark: one within a word marks only together with another. */
function sideOf(text: string, { 0: raw, 3: mark, index }: RegExpExecArray) {
  const [before, after] = [text[index - 1] ?? '\n', text[index + raw.length] ?? '\n']
  if (mark === '~' || /^\d{2}$/.test(before + after)) return 'apart'
  const [isAfterWord, isBeforeWord] = [WORD.test(before), WORD.test(after)]
  const opens = isBeforeWord || (/\S/.test(after) && !isAfterWord)
  const closes = isAfterWord || (/\S/.test(before) && !isBeforeWord)
  if (opens && closes) return 'within'
  if (opens || closes) return opens ? 'before' : 'after'
  return before === '\n' ? 'after' : 'apart'
}

/** `text` with what `say` gives in place of each formula. */
function replaceFormulas(text: string, say: (formula: Formula) => string): string {
  let said = ''
  let end = 0
  for (const formula of formulasIn(text)) {
    said += text.slice(end, formula.index) + say(formula)
    end = formula.index + formula.raw.length
  }
  return said + text.slice(end)
}
