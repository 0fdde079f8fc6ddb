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
const FENCE = /^ {0,3}(?:```|~~~)/gm

export function createSpeaker(words: SpokenWords): Speaker {
  let start = 0
  let position = 0
  return {
    begin: text => {
      start = text.length
      position = text.length
    },
    next: (text, isWhole) => {
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
  const sentences = [...new Intl.Segmenter(undefined, { granularity: 'sentence' }).segment(rest)]
  const last = sentences.at(-1)
  return last ? from + last.index : from
}

/** Markdown as it is said: without its marks, with one word for code and for a table. */
export function spoken(markdown: string, words: SpokenWords): string {
  return markdown
    .replace(/^ {0,3}(```|~~~)[^\n]*\n[\s\S]*?(?:^ {0,3}\1[^\n]*$|$(?![\s\S]))/gm, ` ${words.code}. `)
    .replace(/^\|.*\|[ \t]*(?:\n\|.*\|[ \t]*)*$/gm, ` ${words.table}. `)
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^ {0,3}(?:#{1,6}|>|[-*+]|\d+[.)])[ \t]+/gm, '')
    .replace(/[*_~`]+/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}
