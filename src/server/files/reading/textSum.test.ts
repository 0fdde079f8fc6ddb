import { expect, test } from 'vitest'
import { xlsxOf } from '../../../../test/harness/documents.ts'
import { placesIn, wordsOfPassages } from '../../database/files/passageWords.ts'
import { readDocument } from './readDocument.ts'
import { TextSum } from './textSum.ts'

const read = (text: string, name = 'a.md') => readDocument(Buffer.from(text), name)
const whole = (passages: readonly { text: string }[]) => passages.map(({ text }) => text).join('')

test('passages are the whole text, whatever it is, and none is too long', async () => {
  const texts = [
    'a'.repeat(5000),
    'um dois '.repeat(900),
    'Uma frase. '.repeat(900),
    '🦦'.repeat(3000),
    'linha\n'.repeat(2000),
    '# Um\ntexto\n\n## Dois\noutro\n',
    `${'b'.repeat(1999)}😀${'c'.repeat(4000)}`,
  ]
  for (const text of texts) {
    const { passages } = await read(text)
    expect(whole(passages)).toBe(text)
    for (const passage of passages) {
      expect(passage.text.length).toBeLessThanOrEqual(2000)
      expect(passage.text.isWellFormed()).toBe(true)
    }
  }
})

test('a heading begins a passage, unless the one before is short, and a sheet names it', async () => {
  const long = 'Um texto comprido. '.repeat(40)
  const { passages } = await read(`# Um\n${long}\n# Dois\n${long}\n### Três\ncurto\n# Quatro\nfim`)
  expect(passages.map(({ section }) => section)).toEqual(['Um', 'Dois', 'Três'])
  const sheets = await readDocument(xlsxOf([['pão', 3]]), 'a')
  expect(sheets.passages).toEqual([{ text: 'Gastos\npão,3', section: 'Gastos' }])
  const html = `<html><h2>Lei <b>nova</b></h2><p>${long}</p><h3>Fim</h3><p>texto</p></html>`
  const page = await read(html)
  expect(page.passages.map(({ section }) => section)).toEqual(['Lei nova', 'Fim'])
})

test('a hostile text has few passages and few rows of words', async () => {
  const headings = await read('# a\n'.repeat(400_000))
  expect(headings.passages.length).toBeLessThan(5001)
  let number = 0
  const { words } = await read(
    'x '.replace('x', 'w').repeat(10) + Array.from({ length: 250_000 }, () => `${number++}`).join(' '),
  )
  expect(words.length).toBeLessThan(1200)
  await expect(read('a'.repeat(2_000_001))).rejects.toMatchObject({ code: 'FILE_TOO_LONG' })
})

test('a page begins a passage, and texts keep what no database takes out of them', () => {
  const sum = new TextSum()
  sum.add('um\0', { page: 1 })
  sum.add('dois\ud800', { page: 2 })
  expect(sum.passages).toEqual([
    { text: 'um', page: 1 },
    { text: '\n\ndois\ufffd', page: 2 },
  ])
})

test('a row of words has the places of each, and of all that begin so', () => {
  const rows = wordsOfPassages([
    { place: 1, text: 'Contrato, contratos e conta. Conta!' },
    { place: 2, text: 'CONTRATO' },
    { place: 12, text: 'contratual é' },
  ])
  const { words = '' } = rows.find(({ beginning }) => beginning === 'con') ?? {}
  const places = (text: string, isBeginning: boolean) => [...placesIn(words, { text, isBeginning })]
  expect(places('contrato', false)).toEqual([1, 2])
  expect(places('contrat', true).toSorted((a, b) => a - b)).toEqual([1, 2, 12])
  expect(places('conta', false)).toEqual([1])
  expect(places('ontrato', true)).toEqual([])
  expect(rows.map(({ beginning }) => beginning).toSorted()).toEqual(['con', 'e'])
})
