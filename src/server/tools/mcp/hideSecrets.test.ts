import { expect, test } from 'vitest'
import { createHideSecrets } from './hideSecrets.ts'

test('secrets are hidden wherever they stand, the longer ones first, and within JSON', () => {
  const hide = createHideSecrets(['abcdef', 'Bearer abcdef', 'with "quotes"'])
  expect(hide('Bearer abcdef, abcdef')).toBe('[secret], [secret]')
  expect(hide(JSON.stringify({ said: 'with "quotes"' }))).toBe('{"said":"[secret]"}')
  expect(createHideSecrets([])('abc')).toBe('abc')
})
