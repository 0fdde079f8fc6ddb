import { withoutCaseAndAccents } from '../protocol/withoutCaseAndAccents.ts'

/*
 * Highlights the words of a search in the message that was opened from it. The browser paints them over the text, and the
 * page's elements stay as they are.
 */

const NAME = 'found'
const WORD = /[\p{L}\p{N}\p{Co}\p{M}]+/gu
let sought: { messageId: string; words: readonly string[] } | null = null
let hasStyle = false

/** Remembers the words that a search found in a message that is about to be opened. They stand in `texts`. */
export function seekWords(messageId: string, texts: readonly string[]): void {
  sought = { messageId, words: texts.flatMap(text => text.match(WORD) ?? []) }
}

/** Highlights the words that were searched for in the message, and no others. */
export function lightWords(message: HTMLElement, messageId: string): void {
  if (typeof Highlight !== 'function' || !CSS.highlights) return
  CSS.highlights.delete(NAME)
  if (sought?.messageId !== messageId) return
  if (!hasStyle) {
    const style = new CSSStyleSheet()
    style.replaceSync(`::highlight(${NAME}) { background-color: #ffd54a; color: #1a1a1a; }`)
    document.adoptedStyleSheets.push(style)
    hasStyle = true
  }
  CSS.highlights.set(NAME, new Highlight(...rangesOf(message, sought.words)))
}

function rangesOf(message: HTMLElement, words: readonly string[]): Range[] {
  const wanted = new Set(words.map(withoutCaseAndAccents))
  const ranges: Range[] = []
  const walker = document.createTreeWalker(message, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement?.closest('button, .sr-only, .katex-mathml')) continue
    for (const { start, end } of placesOf(node.nodeValue ?? '', wanted)) {
      const range = document.createRange()
      range.setStart(node, start)
      range.setEnd(node, end)
      ranges.push(range)
    }
  }
  return ranges
}

/** Where the words stand in a text, compared without case and accents. `wanted` has neither already. */
export function placesOf(text: string, wanted: ReadonlySet<string>): { start: number; end: number }[] {
  const places: { start: number; end: number }[] = []
  for (const { 0: word, index } of text.matchAll(WORD))
    if (wanted.has(withoutCaseAndAccents(word))) places.push({ start: index, end: index + word.length })
  return places
}
