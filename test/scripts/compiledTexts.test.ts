import compile from 'icu-minify/compile'
import { _createCache, _createIntlFormatters } from 'use-intl/core'
import parseAndFormat from 'use-intl/format-message'
import formatCompiled from 'use-intl/format-message/format-only'
import { expect, test } from 'vitest'
import { LOCALES } from '../../src/protocol/locale.ts'
import { CATALOGUES } from '../../src/react/i18n/catalogues.ts'

/** Every kind of number in the three languages, and one that is grouped. */
const NUMBERS = [0, 1, 2, 5, 21, 1000, 1_000_000, 1234.5]

test.each(LOCALES)('a page says the same with compiled texts (%s)', locale => {
  const cache = _createCache()
  const options = { cache, formatters: _createIntlFormatters(cache), locale, timeZone: 'UTC' }
  let compared = 0
  for (const text of textsIn(CATALOGUES[locale])) {
    for (const number of NUMBERS) {
      const values = valuesFor(text, number)
      const said = parseAndFormat('text', text, values, options)
      expect(plain(formatCompiled('text', compile(text), values, options)), text).toBe(plain(said))
      compared++
    }
  }
  expect(compared).toBeGreaterThan(1000)
})

function textsIn(value: object): string[] {
  return Object.values(value).flatMap(inner => (typeof inner === 'string' ? [inner] : textsIn(inner)))
}

function valuesFor(text: string, number: number): Record<string, never> {
  const names = [...text.matchAll(/\{(\w+)/g)].map(([, name = '']) => [name, number])
  const tags = [...text.matchAll(/<(\w+)>/g)].map(([, tag = '']) => [
    tag,
    (inner: unknown) => plain([tag, inner]),
  ])
  return Object.fromEntries([...names, ...tags])
}

function plain(said: unknown): string {
  return Array.isArray(said) ? said.map(plain).join('') : String(said)
}
