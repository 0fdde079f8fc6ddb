import { expect, test } from 'vitest'
import { isSendKey } from './composerKeys.ts'

const ENTER = { key: 'Enter', shiftKey: false, isComposing: false, keyCode: 13 }

test('Enter sends', () => {
  expect(isSendKey(ENTER)).toBe(true)
})

test('Shift and Enter break the line', () => {
  expect(isSendKey({ ...ENTER, shiftKey: true })).toBe(false)
})

test('Enter that ends a composition does not send, in any browser', () => {
  expect(isSendKey({ ...ENTER, isComposing: true })).toBe(false)
  expect(isSendKey({ ...ENTER, keyCode: 229 })).toBe(false)
})

test('no other key sends', () => {
  expect(isSendKey({ ...ENTER, key: 'a', keyCode: 65 })).toBe(false)
})
