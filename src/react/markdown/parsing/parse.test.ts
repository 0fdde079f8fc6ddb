import { expect, test } from 'vitest'
import { processorTime } from '../../../../test/harness/processorTime.ts'
import { HOSTILE_UNITS } from '../testing/hostileMarkdown.ts'
import type { MarkdownToken } from './grammar.ts'
import { pairElements } from './pairElements.ts'
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

/** Each took seconds at this length, because the tokenizer looked through all the rest at each mark. */
test.each([
  ['marks that nothing closes', '_a*'.repeat(20_000)],
  ['tildes that close in a heap', `${'~~a '.repeat(10_000)}${'~~'.repeat(10_000)}`],
  ['an address with an end of references', `http://a.b/${'&a;'.repeat(20_000)}`],
  ['an address with an end of marks', `http://a.b/${'.)'.repeat(30_000)}`],
  ['elements that nothing closes', `${'<sub>'.repeat(6000)}${'</kbd>'.repeat(6000)}`],
  ['elements within each other', `${'<sub>a'.repeat(6000)}${'</sub>'.repeat(6000)}`],
  ['paragraphs that are folded', `<details>\n${'a\n\n'.repeat(20_000)}`],
  ['lists that one line begins', `${'- '.repeat(8000)}${'a\n'.repeat(8000)}`],
  ['formulas that do not end, in a list item', `- a\n${'$$a\n'.repeat(12_000)}`],
  ['formulas that do not end, between headings', 'a\n# b\n'.repeat(3000) + '$$a\n'.repeat(5000)],
  ['a list item of many lines', `- a\n${'  b\n'.repeat(15_000)}`],
])('%s are read in a part of a second, at up to 60 KB', (_, text) => {
  const time = timeOf(() => {
    parseBlocks(text)
    pairElements(parseInline(text, OPTIONS))
  })
  expect(time).toBeLessThan(1000)
})

test('a rule of many dashes is no list', () => {
  expect(parseBlocks('- '.repeat(60)).map(({ type }) => type)).toEqual(['hr'])
})

test('emphasis after many marks that nothing closes is still found', () => {
  const tokens = parseInline(`${'_a* '.repeat(100)}**fim**`, OPTIONS)
  expect(tokens.at(-1)).toMatchObject({ type: 'strong', text: 'fim' })
})

test('a long address is a link without the marks at its end', () => {
  const address = `https://example.com/${'a'.repeat(5000)}?b=(c)`
  const tokens = parseInline(`${address}${'&amp;).'.repeat(50)}`, OPTIONS)
  expect(tokens[0]).toMatchObject({ type: 'link', href: address })
})

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

const rawOf = (tokens: readonly MarkdownToken[]) => tokens.map(({ raw }) => raw).join('')

/** Some took more than half a second. A step of the page may take 50 ms; the rest is room for a busy machine. */
test('60 KB of any hostile unit in one leaf are read in a part of a frame, and nothing is lost', () => {
  parseInline(HOSTILE_UNITS.join(' '), OPTIONS)
  for (const unit of HOSTILE_UNITS) {
    const text = unit.repeat(60_000 / unit.length)
    let tokens: MarkdownToken[] = []
    const read = () => {
      tokens = parseInline(text, OPTIONS)
    }
    const time = processorTime(read)
    expect([unit, rawOf(tokens) === text]).toEqual([unit, true])
    expect([unit, time < 250 || timeOf(read) < 250]).toEqual([unit, true])
  }
})

test('a leaf with too many marks is shown as it was written from there on', () => {
  const tokens = parseInline(`**forte** ${'*a* '.repeat(15_000)}`, OPTIONS)
  expect(tokens[0]).toMatchObject({ type: 'strong', text: 'forte' })
  expect(tokens.at(-1)?.type).toBe('unread')
  expect(tokens.length).toBeLessThan(4000)
})

test('a long leaf of lines has all its marks, wherever it is cut', () => {
  const lines = Array.from({ length: 800 }, (_, line) => `**Ana ${line}:** oi, ${'tudo bem? '.repeat(3)}\n`)
  const tokens = parseInline(lines.join(''), OPTIONS)
  expect(tokens.filter(({ type }) => type === 'strong')).toHaveLength(800)
})

test('a list of more items than anybody reads is shown as it was written', () => {
  expect(parseBlocks('- a\n'.repeat(1000)).map(({ type }) => type)).toEqual(['list'])
  expect(parseBlocks('- a\n'.repeat(15_000)).map(({ type }) => type)).toEqual(['unread'])
})
