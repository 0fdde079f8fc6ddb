import { expect, test } from 'vitest'
import { placesOf } from './searchHighlights.ts'

test('words are found whole, without case and accents', () => {
  const text = 'Não é só água, AGUA e aguado.'
  const found = placesOf(text, new Set(['agua'])).map(({ start, end }) => text.slice(start, end))
  expect(found).toEqual(['água', 'AGUA'])
})
