import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cleanTitle, firstWordsOf } from './cleanTitle.ts'

test.each([
  ['Pão de queijo', 'Pão de queijo'],
  ['  "Pão de queijo"\n', 'Pão de queijo'],
  ['“Pão de queijo”', 'Pão de queijo'],
  ['«Pan de queso»', 'Pan de queso'],
  ['"Rio" e "Mar"', '"Rio" e "Mar"'],
  ['Rio "Grande"', 'Rio "Grande"'],
  ['# Pão de queijo', 'Pão de queijo'],
  ['- Pão', 'Pão'],
  ['**Pão** de *queijo*', 'Pão de queijo'],
  ['**"Pão"**', 'Pão'],
  ['_Pão_ e snake_case_name', 'Pão e snake_case_name'],
  ['2 * 3 * 4', '2 * 3 * 4'],
  ['Usar `fetch` em JavaScript', 'Usar fetch em JavaScript'],
  ['[Pão](https://example.com)', 'Pão'],
  ['Título: Pão', 'Pão'],
  ['Title: "Bread"', 'Bread'],
  ['\n\nPão\n\nEste título resume a conversa.', 'Pão'],
  ['Pão\tde\u0000 queijo', 'Pão de queijo'],
  ['" "', ''],
  ['***', ''],
  ['', ''],
])('%j is shown as %j', (written, title) => {
  expect(cleanTitle(written)).toBe(title)
})

test('a half-written title looks as the finished one begins', () => {
  const whole = '**"Pão de queijo"**'
  const shown = Array.from(whole, (_, index) => cleanTitle(whole.slice(0, index + 1)))
  expect(shown[5]).toBe('Pão')
  expect(shown.at(-1)).toBe('Pão de queijo')
})

test('whatever is written becomes one line of at most 80 characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), written => {
      const title = cleanTitle(written)
      expect(title.length).toBeLessThanOrEqual(80)
      expect(title).toBe(title.trim())
      expect(title).not.toMatch(/[\r\n]/)
    }),
  )
})

test.each(['[[', '_a ', '![a]('])('a title of 60 KB of %s is cleaned at once', { timeout: 1000 }, piece => {
  expect(cleanTitle(piece.repeat(60_000 / piece.length)).length).toBeLessThanOrEqual(80)
})

test('a long title ends between words', () => {
  expect(cleanTitle('palavra '.repeat(30))).toBe(`${'palavra '.repeat(9).trim()}…`)
  expect(cleanTitle('🌊'.repeat(60))).toBe(`${'🌊'.repeat(39)}…`)
})

test('the first words of a message stay on one line', () => {
  expect(firstWordsOf(' Oi,\n  tudo bem? ')).toBe('Oi, tudo bem?')
  expect(firstWordsOf('palavra '.repeat(30)).length).toBeLessThanOrEqual(60)
  expect(firstWordsOf(' \n ')).toBe('')
})
