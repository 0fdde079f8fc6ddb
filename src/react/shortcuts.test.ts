import { expect, test } from 'vitest'
import { ariaKeysOf, keysOf, SHORTCUTS, shortcutOf } from './shortcuts.ts'

const NONE = { code: '', ctrlKey: false, metaKey: false, shiftKey: false, altKey: false }
const PC = { isMac: false, isTyping: false }
const MAC = { isMac: true, isTyping: false }

test('Ctrl opens the palette on a PC, and ⌘ on a Mac', () => {
  expect(shortcutOf({ ...NONE, key: 'k', ctrlKey: true }, PC)).toBe('palette')
  expect(shortcutOf({ ...NONE, key: 'k', metaKey: true }, MAC)).toBe('palette')
  expect(shortcutOf({ ...NONE, key: 'k', ctrlKey: true }, MAC)).toBeUndefined()
  expect(shortcutOf({ ...NONE, key: 'k' }, PC)).toBeUndefined()
})

test('Shift makes another shortcut of a letter, and no other one of a sign', () => {
  expect(shortcutOf({ ...NONE, key: 'O', ctrlKey: true, shiftKey: true }, PC)).toBe('start')
  expect(shortcutOf({ ...NONE, key: 'o', ctrlKey: true }, PC)).toBeUndefined()
  expect(shortcutOf({ ...NONE, key: '?', shiftKey: true }, PC)).toBe('sheetKey')
  expect(shortcutOf({ ...NONE, key: '?' }, PC)).toBe('sheetKey')
  expect(shortcutOf({ ...NONE, key: '/', ctrlKey: true, shiftKey: true }, PC)).toBe('sheet')
})

test('one key alone means nothing while somebody types, and Alt leaves every key to the browser', () => {
  expect(shortcutOf({ ...NONE, key: '?' }, { ...PC, isTyping: true })).toBeUndefined()
  expect(shortcutOf({ ...NONE, key: 'k', ctrlKey: true }, { ...PC, isTyping: true })).toBe('palette')
  expect(shortcutOf({ ...NONE, key: 'k', ctrlKey: true, altKey: true }, PC)).toBeUndefined()
})

test('on a keyboard of another script the place of a key tells its letter, and on a Latin one what is on it', () => {
  const pressed = { ...NONE, ctrlKey: true }
  expect(shortcutOf({ ...pressed, key: 'л', code: 'KeyK' }, PC)).toBe('palette')
  expect(shortcutOf({ ...pressed, key: 'Щ', code: 'KeyO', shiftKey: true }, PC)).toBe('start')
  expect(shortcutOf({ ...pressed, key: 'כ', code: 'KeyF', shiftKey: true }, PC)).toBe('search')
  expect(shortcutOf({ ...pressed, key: 'κ', code: 'KeyK' }, PC)).toBe('palette')
  expect(shortcutOf({ ...pressed, key: 't', code: 'KeyK' }, PC)).toBeUndefined()
  expect(shortcutOf({ ...pressed, key: 'k', code: 'KeyV' }, PC)).toBe('palette')
})

test('what works in one place only is left to that place', () => {
  expect(shortcutOf({ ...NONE, key: 'Enter' }, PC)).toBeUndefined()
  expect(shortcutOf({ ...NONE, key: 'Escape' }, PC)).toBeUndefined()
})

test('every shortcut has a name for the eye and one for the ear', () => {
  expect(keysOf('start', false)).toEqual(['Ctrl', 'Shift', 'O'])
  expect(keysOf('start', true)).toEqual(['⌘', '⇧', 'O'])
  expect(ariaKeysOf('search', true)).toBe('Meta+Shift+f')
  for (const { id } of SHORTCUTS) expect(keysOf(id, false).length).toBeGreaterThan(0)
})
