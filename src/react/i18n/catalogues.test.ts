import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { EXPORT_MESSAGES } from '../../protocol/exportMessages.ts'
import { LOCALES } from '../../protocol/locale.ts'
import { CATALOGUES } from './catalogues.ts'

const SOURCE = join(import.meta.dirname, '..', '..')

function keysOf(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'string' ? [prefix + key] : keysOf(inner, `${prefix}${key}.`),
  )
}

function argumentsOf(text: string): string[] {
  return [...text.matchAll(/\{(\w+)/g)].map(([, name]) => name ?? '').sort()
}

function textOf(locale: (typeof LOCALES)[number], key: string): string {
  const [group = '', name = ''] = key.split('.')
  return (CATALOGUES[locale] as Record<string, Record<string, string>>)[group]?.[name] ?? ''
}

function sourceOf(folder: string): string {
  return readdirSync(join(SOURCE, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => /\.tsx?$/.test(name) && !name.includes('.test.') && !name.startsWith('i18n'))
    .map(name => readFileSync(join(SOURCE, folder, name), 'utf8'))
    .join('\n')
}

test('every language has every text, with the same values in it', () => {
  const keys = keysOf(CATALOGUES['pt-BR'])
  for (const locale of LOCALES) {
    expect(keysOf(CATALOGUES[locale])).toEqual(keys)
    for (const key of keys) {
      expect(textOf(locale, key).trim()).not.toBe('')
      expect(argumentsOf(textOf(locale, key))).toEqual(argumentsOf(textOf('pt-BR', key)))
    }
  }
})

test('every text is used', () => {
  const source = ['browser', 'client', 'pages', 'react'].map(sourceOf).join('')
  const used = (key: string) => {
    const [group, name] = key.split('.')
    // One for each code, cause and kind: the compiler knows them all.
    if (['errors', 'probe', 'alerts', 'pictureStates', 'toolStates', 'webSearch'].includes(group ?? ''))
      return source.includes(`\`${group}.${'$'}{`)
    const isPageText = (group === 'page' || group === 'app') && source.includes(`.${name}`)
    return (
      source.includes(`'${key}'`) ||
      isPageText ||
      new RegExp(`\\{[^}]*\\b${name}\\b[^}]*\\} = CATALOGUES`).test(source)
    )
  }
  expect(keysOf(CATALOGUES['pt-BR']).filter(key => !used(key))).toEqual([])
})

test.each(LOCALES)('an exported conversation in %s says of a call what the page says', locale => {
  const { toolStates, tool } = CATALOGUES[locale]
  const { waiting, ...told } = EXPORT_MESSAGES[locale].toolStates
  const { waiting: _, completed: _done, ...shown } = toolStates
  expect(told).toEqual(shown)
  // Nobody decides in a document.
  expect(waiting).toBe(tool.unanswered)
  expect(EXPORT_MESSAGES[locale].mayHaveHappened).toBe(tool.mayHaveHappened)
})
