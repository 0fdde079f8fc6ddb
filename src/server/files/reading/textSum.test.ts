import { expect, test } from 'vitest'
import { docxOf, xlsxOf } from '../../../../test/harness/documents.ts'
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

test('the headings and the title of a document of Word begin passages, in the language of any Word', async () => {
  const long = `  Um texto\tcomprido. ${'Mais dele. '.repeat(60)}`.trimEnd()
  const { passages } = await readDocument(
    docxOf([
      { style: 'Ttulo', text: 'Relatório' },
      long,
      { style: 'Ttulo1', text: 'Preços de  2026' },
      long,
      { style: 'Ttulo2', text: 'Vazia' },
      { style: 'Ttulo6', text: '' },
      long,
    ]),
    'a',
  )
  expect(passages).toEqual([
    { text: `Relatório\n\n${long}`, section: 'Relatório' },
    { text: `\n\nPreços de  2026\n\n${long}`, section: 'Preços de 2026' },
    { text: `\n\nVazia\n\n${long}`, section: 'Vazia' },
  ])
})

test('of Word, footnotes and cells are read', async () => {
  const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
  const cells = ['pão', '3'].map(text => `<w:tc><w:p><w:r><w:t>${text}</w:t></w:r></w:p></w:tc>`).join('')
  const document = `<w:document xmlns:w="${word}"><w:body><w:p><w:r><w:t>Veja</w:t></w:r><w:r><w:footnoteReference w:id="1"/></w:r></w:p><w:tbl><w:tr>${cells}</w:tr></w:tbl></w:body></w:document>`
  const notes = `<w:footnotes xmlns:w="${word}"><w:footnote w:id="1"><w:p><w:r><w:t>a nota</w:t></w:r></w:p></w:footnote></w:footnotes>`
  const entries = { 'word/document.xml': document, 'word/footnotes.xml': notes }
  const more = Object.entries(entries).map(([name, text]) => ({ name, data: Buffer.from(text) }))
  const { passages } = await readDocument(docxOf([], more), 'a')
  expect(whole(passages)).toMatch(/^Veja\[1\]\n\npão\n\n3\n\na nota/)
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
