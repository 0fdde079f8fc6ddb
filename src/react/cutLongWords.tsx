import type { ReactNode } from 'react'

/** Matches a very long word in a script with spaces. */
const LONG_WORD =
  /[^\s\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]{256,}/gu
const PIECE = /.{1,64}\p{M}*/gsu

/**
 * A text whose very long words may be broken after each few letters. A browser breaks a word of 100,000 letters too, but
 * it shapes the rest of the word again for each line, and the page stands still for seconds.
 */
export function cutLongWords(text: string): ReactNode {
  if (text.length < 256 || text.search(LONG_WORD) === -1) return text
  const pieces: ReactNode[] = []
  let end = 0
  for (const { 0: word, index } of text.matchAll(LONG_WORD)) {
    pieces.push(text.slice(end, index))
    for (const [piece] of word.matchAll(PIECE)) pieces.push(piece, <wbr key={pieces.length} />)
    end = index + word.length
  }
  return [...pieces, text.slice(end)]
}
