import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EVERY_PART } from '../../../test/harness/everyPart.ts'
import { processorTime } from '../../../test/harness/processorTime.ts'
import { searchableText } from '../database/searchText.ts'
import { excerptOf, queryWords, sectionsOf, withoutMarks } from './excerpt.ts'

/** The excerpt as one line, its hits in brackets. */
const marked = (text: string, query: string) =>
  excerptOf({ text }, queryWords(query))
    .pieces.map(({ text, isMatch }) => (isMatch ? `[${text}]` : text))
    .join('')

test.each([
  ['Não é só água', 'nao', '[Não] é só água'],
  ['Na\u0303o e\u0301 só', 'não é', '[Na\u0303o] [e\u0301] só'],
  ['A ÁGUA corre', 'agua corr', 'A [ÁGUA] [corre]'],
  ['corrente corre', 'corre a', 'corrente [corre]'],
  ['um [rio] <b>rio</b> **rio**', 'rio', 'um [[rio]] <b>[rio]</b> **[rio]**'],
  ['mande um e-mail, e logo', 'e-mai', 'mande um [e-mail], e logo'],
  ['linha um\n\n  linha dois', 'dois', 'linha um linha [dois]'],
  ['🌊 mar 🌊', 'mar', '🌊 [mar] 🌊'],
  ['nada disso', 'outro', 'nada disso'],
  ['', 'rio', ''],
])('%j, looked through for %j, is shown as %j', (text, query, expected) => {
  expect(marked(text, query)).toBe(expected)
})

test('a long text is cut at words around the place where most of them stand together', () => {
  const text = `${'areia '.repeat(100)}o rio ${'pedra '.repeat(100)}um rio de prata ${'lodo '.repeat(100)}`
  const excerpt = marked(text, 'prata rio')
  expect(excerpt).toMatch(/^…pedra .*um \[rio\] de \[prata\] lodo .* lodo…$/)
  expect(excerpt.length).toBeLessThan(180)
})

test('a hit longer than an excerpt is cut, and still marked', () => {
  const { pieces } = excerptOf({ text: `antes ${'x'.repeat(500)} depois` }, ['xx'])
  expect(pieces[1]).toEqual({ text: expect.stringMatching(/^x{100,}$/), isMatch: true })
})

test('each word is searched once, and the last one also as the beginning of a word', () => {
  expect(queryWords('rio mar rio - ri rio')).toEqual(['rio', 'mar', 'ri', 'rio'])
})

test('a place far into the text is found, and the words after it are marked', () => {
  const excerpt = marked(
    `rio ${'areia '.repeat(20_000)}mar e rio, rio e mar ${'areia '.repeat(50)}`,
    'rio mar',
  )
  expect(excerpt).toMatch(/^…areia .* \[mar\] e \[rio\], \[rio\] e \[mar\] areia .*…$/)
})

test('sections of a long text overlap, hold all of it, and tell whether they are its ends', () => {
  const text = `${'areia '.repeat(10_000)}fim`
  const sections = [...sectionsOf(text)]
  expect(sections.map(section => [section.isAfterText, section.isBeforeText])).toEqual([
    [false, true],
    [true, true],
    [true, false],
  ])
  expect(sections[2]?.text).toMatch(/fim$/)
  expect(sections[1]?.text.slice(0, 400)).toBe(sections[0]?.text.slice(-400))
  expect([...sectionsOf('')]).toEqual([{ text: '', isAfterText: false, isBeforeText: false }])
})

test('an excerpt of a middle section has dots at both ends', () => {
  const { pieces, words } = excerptOf({ text: 'o rio', isAfterText: true, isBeforeText: true }, ['rio'])
  expect(pieces.map(({ text }) => text).join('')).toBe('…o rio…')
  expect(words).toBe(1)
})

test('the searched text is the text of the index', () => {
  const parts = searchableText([
    { id: '1', type: 'reasoning', text: 'pensando' },
    { id: '2', type: 'text', text: 'água' },
    { id: '3', type: 'source', url: 'https://x.example', title: 'Fonte' },
    { id: '3b', type: 'suggestions', questions: ['Sugerida?'] },
    { id: '4', type: 'file', name: 'nota.txt', text: 'conteúdo' },
    { id: '5', type: 'refusal', text: 'não posso' },
  ])
  expect(parts).toBe('água\nnota.txt\nconteúdo\nnão posso')
})

const call = (fields: object) => ({ ...EVERY_PART.tool, ...fields })

test.each([
  [
    'of a call: its title, the values of its arguments, its answer and its files',
    {},
    'nome\nargumento\ndevolveu\nplanilha',
  ],
  ['of a call without a title: its name', { title: undefined }, 'ferramenta\nargumento\ndevolveu\nplanilha'],
  [
    'of JSON: all values, and no names',
    { arguments: '{"a":[1,{"b":"dois"}],"c":true,"d":null,"e":3.50}', content: ' {"f":"caf\\u00e9"}' },
    'nome\n1\ndois\n3.5\ncafé\nplanilha',
  ],
  ['of what is no JSON: the text', { arguments: '{"a', content: '{"b":1' }, 'nome\n{"b":1\nplanilha'],
  ['of an answer that is a number: the text', { arguments: '', content: '1.50' }, 'nome\n1.50\nplanilha'],
  [
    'of JSON that is too deep: nothing',
    { arguments: '['.repeat(5000) + ']'.repeat(5000), content: undefined, files: [] },
    'nome\n',
  ],
])('the searched text is %s', (_, fields, text) => {
  expect(searchableText([call(fields)])).toBe(text)
})

test('what calls show stands behind the texts of the message', () => {
  expect(searchableText([EVERY_PART.tool, EVERY_PART.text])).toMatch(/^palavra do texto\nnome\n/)
})

test('an excerpt is always a piece of its text, on one line', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 400 })
  fc.assert(
    fc.property(text, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), (content, query) => {
      const shown = excerptOf({ text: content }, queryWords(query))
        .pieces.map(piece => piece.text)
        .join('')
      const line = content.replace(/\s+/g, ' ')
      expect(`…${line}…`).toContain(shown)
      expect(shown.isWellFormed()).toBe(true)
    }),
  )
})

test('an excerpt is without the marks of Markdown', () => {
  const text = [
    '## Plano',
    '',
    '- **Pão** de `queijo` e [café](https://x.example/a)',
    '> *bom* dia, 2 * 3',
    '',
    '| mês | valor |',
    '| --- | ---: |',
    '| maio | snake_case |',
    '```sh',
    'npm i',
    '```',
  ].join('\n')
  expect(withoutMarks(text).replace(/\s+/g, ' ').trim()).toBe(
    'Plano Pão de queijo e café bom dia, 2 * 3 mês valor maio snake_case npm i',
  )
})

test.each([' ', '| ', '- ', '[', '`', '*', '-- '])(
  'marks of nothing but "%s" cost no more than time to read',
  mark => {
    expect(processorTime(() => withoutMarks(`${mark.repeat(200_000)}x`))).toBeLessThan(2000)
  },
)
