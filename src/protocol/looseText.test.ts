import { expect, test } from 'vitest'
import { looseText } from './looseText.ts'

test('text is found in parts within parts, and not without end', () => {
  const nested = (depth: number) => {
    let value: unknown = 'um'
    for (let level = 0; level < depth; level++) value = { type: 'text', text: [value] }
    return value
  }
  expect(looseText(nested(2))).toBe('um')
  expect(looseText(nested(1_000_000))).toBe('')
})
