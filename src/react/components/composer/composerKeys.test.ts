import { expect, test } from 'vitest'
import { isSendKey } from './composerKeys.ts'

const ENTER = {
  key: 'Enter',
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  isComposing: false,
  keyCode: 13,
}

test('Enter sends', () => {
  expect(isSendKey(ENTER, true)).toBe(true)
})

test('Shift and Enter break the line', () => {
  expect(isSendKey({ ...ENTER, shiftKey: true }, true)).toBe(false)
})

test('Enter that ends a composition does not send, in any browser', () => {
  expect(isSendKey({ ...ENTER, isComposing: true }, true)).toBe(false)
  expect(isSendKey({ ...ENTER, keyCode: 229 }, true)).toBe(false)
})

test('on a touch screen alone Enter breaks the line, and Ctrl or ⌘ with it sends as everywhere', () => {
  expect(isSendKey(ENTER, false)).toBe(false)
  for (const enterSends of [true, false]) {
    expect(isSendKey({ ...ENTER, ctrlKey: true }, enterSends)).toBe(true)
    expect(isSendKey({ ...ENTER, metaKey: true }, enterSends)).toBe(true)
  }
})

test('no other key sends', () => {
  expect(isSendKey({ ...ENTER, key: 'a', keyCode: 65 }, true)).toBe(false)
})
