import { expect, test } from 'vitest'
import { changedName, toolName } from './toolNames.ts'

test('a name that providers take is that of the server and the tool', () => {
  expect(toolName('search', 'find_page-2')).toBe('search__find_page-2')
})

test('names that providers would not take are changed, each to one of its own', () => {
  const names = ['files.read', 'files/read', 'files read', `${'x'.repeat(90)}1`, `${'x'.repeat(90)}2`].map(
    name => toolName('disk', name),
  )
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^disk__[\w-]{1,58}$/)
  expect(names).toEqual(names.map(name => name.slice(0, 64)))
  expect(toolName('disk', 'files.read')).toBe(names[0])
})

test('a name that is taken has another one, which is always the same', () => {
  expect(changedName('search', 'find')).toMatch(/^search__find_[\da-f]{6}$/)
  expect(changedName('search', 'find')).toBe(changedName('search', 'find'))
})
