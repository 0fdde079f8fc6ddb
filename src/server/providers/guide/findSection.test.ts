import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { REQUEST_ERRORS, RUN_ERRORS } from '../../../protocol/errors.ts'
import { LOCALES, type Locale } from '../../../protocol/locale.ts'
import { SETTINGS } from '../../config/env.ts'
import { createSectionFinder } from './findSection.ts'
import { loadGuide } from './sections.ts'

/** By language, then by the section that has to lead; `none` for what the guide knows nothing about. */
type Samples = Record<Locale, Record<string, string[]>>

const guide = await loadGuide('docs/guide')
const search = createSectionFinder(guide)
const samples: Samples = JSON.parse(await readFile(new URL('sampleQuestions.json', import.meta.url), 'utf8'))

function leadOf(question: string, locale: Locale): string {
  return search(question, locale).sections[0]?.id ?? 'none'
}

describe.each(LOCALES)('in %s', locale => {
  const questions = Object.entries(samples[locale]).flatMap(([id, questions]) =>
    questions.map(question => [question, id] as const),
  )

  test.each(questions)('"%s" leads to %s', (question, id) => {
    expect({ locale: search(question, locale).locale, lead: leadOf(question, locale) }).toEqual({
      locale,
      lead: id,
    })
  })

  test('every heading leads to its own section', () => {
    for (const { heading, id } of guide[locale])
      expect([heading, leadOf(heading, locale)]).toEqual([heading, id])
  })

  test('every section has a sample question', () => {
    const ids = guide[locale].map(section => section.id)
    expect(Object.keys(samples[locale])).toEqual(expect.arrayContaining(ids))
  })
})

test.each([
  ['Olá! O que é o Riacho?', 'pt-BR'],
  ['how do I connect Ollama?', 'en'],
  ['¿qué pasa si cierro la pestaña?', 'es'],
  ['hola', 'es'],
  ['thanks!', 'en'],
])('"%s" tells its language to readers of every other', (question, locale) => {
  for (const reader of LOCALES) expect(search(question, reader).locale).toBe(locale)
})

test('a word of every language is answered in the language of the reader', () => {
  for (const locale of LOCALES) {
    expect(search('nginx', locale)).toMatchObject({ locale, sections: [{ id: 'proxy' }] })
    expect(search('???', locale)).toEqual({ locale, sections: [] })
  }
})

test('accents make no difference', () => {
  expect(leadOf('nao funciona', 'pt-BR')).toBe(leadOf('NÃO FUNCIONA', 'pt-BR'))
})

test('a message of several questions is answered question by question, and its greeting is not', () => {
  const { sections } = search(
    'Oi, tudo bem? O que é o Riacho? Como conecto o Ollama? O que é o Riacho?',
    'pt-BR',
  )
  expect(sections.map(section => section.id)).toEqual(['what-is', 'connect-compatible'])
})

test('a text of a megabyte is searched as quickly as its beginning', () => {
  const text = `how do I connect Ollama ${'supercalifragilistic '.repeat(50_000)}`
  const started = performance.now()
  search(text, 'en')
  expect(performance.now() - started).toBeLessThan(500)
})

describe('the guide', () => {
  test('has the same sections in every language, and every related one exists', () => {
    const shape = (locale: Locale) => guide[locale].map(({ id, related }) => [id, related])
    expect(shape('en')).toEqual(shape('pt-BR'))
    expect(shape('es')).toEqual(shape('pt-BR'))
    const ids = new Set(guide.en.map(section => section.id))
    expect(guide.en.flatMap(section => section.related).filter(id => !ids.has(id))).toEqual([])
  })

  test('names no setting and no error code that does not exist', () => {
    const known = new Set([...SETTINGS, ...Object.keys(REQUEST_ERRORS), ...Object.keys(RUN_ERRORS)])
    const named = LOCALES.flatMap(locale => guide[locale]).flatMap(
      ({ body }) => body.match(/\b[A-Z]+(_[A-Z]+)+\b/g) ?? [],
    )
    expect(named.filter(name => !known.has(name))).toEqual([])
  })

  test('has the same code in every language, but for words in it', () => {
    const fences = (locale: Locale) => guide[locale].map(({ body }) => body.match(/^```\w*$/gm)?.length ?? 0)
    expect(fences('en')).toEqual(fences('pt-BR'))
    expect(fences('es')).toEqual(fences('pt-BR'))
  })
})
