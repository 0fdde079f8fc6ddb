import { expect, test } from 'vitest'
import { processorTime } from '../../../../test/harness/processorTime.ts'
import type { MarkdownToken } from './grammar.ts'
import { NO_LINKS, parseBlocks, parseInline } from './parse.ts'

const OPTIONS = { links: NO_LINKS, isIncomplete: false }

test.each(['!', '![', 'a_b_', '$$\n', '\\[\n', '[^1] a\n', 'a$ '])(
  'reading costs time in proportion to a text of nothing but %j',
  unit => {
    const timeFor = (length: number) => {
      const text = unit.repeat(length / unit.length)
      return timeOf(() => {
        parseBlocks(text)
        parseInline(text, OPTIONS)
      })
    }
    timeFor(1000)
    expect(timeFor(32_000)).toBeLessThan(8 * timeFor(8000) + 100)
  },
)

/** The least of three times, because the first may include compiling. */
function timeOf(work: () => void): number {
  return Math.min(...[1, 2, 3].map(() => processorTime(work)))
}

const WORDS = 'palavras soltas de um texto comprido '.repeat(20)

test.each([
  ['ana@example.com', 'link'],
  ['https://example.com/a', 'link'],
  ['www.example.com', 'link'],
  ['$a^2$', 'formula'],
  ['**forte**', 'strong'],
  ['  \n', 'br'],
])('%j is found wherever in a long text it stands', (text, type) => {
  for (let begin = 0; begin < 40; begin++) {
    const tokens = parseInline(`${WORDS.slice(begin)}${text}fim`.replace(/(\.com|a)fim/, '$1 fim'), OPTIONS)
    expect(tokens.map(token => token.type)).toEqual(['text', type, 'text'])
  }
})

test('a long text without marks is one token, and a word without end is too', () => {
  const typesOf = (tokens: readonly MarkdownToken[]) => tokens.map(({ raw }) => raw)
  expect(typesOf(parseInline(WORDS, OPTIONS))).toEqual([WORDS])
  expect(typesOf(parseInline('a'.repeat(1000), OPTIONS))).toEqual(['a'.repeat(1000)])
})
