import { describe, expect, test } from 'vitest'
import { untilBreak } from './tableBreak.ts'

const HEAD = '| a | b |\n|---|---|\n'
const joined = (before: string, after: string, isGrowing = false) =>
  untilBreak(before, after, isGrowing) + after

describe('a reply that broke off in a table', () => {
  test.each([
    ['in a cell', '| 1 | tw', 'o |\n| 3 | 4 |', '| 1 | two |\n| 3 | 4 |'],
    ['in a cell that is not closed', '| 1 | tw', 'o\n| 3 | 4 |', '| 1 | two\n| 3 | 4 |'],
    ['before a border', '| 1 | two', ' |\n| 3 | 4 |', '| 1 | two |\n| 3 | 4 |'],
    ['after a border', '| 1 |', ' two |', '| 1 | two |'],
    ['in a cell with a border in it', '| 1 | x \\| y', ' z |', '| 1 | x \\| y z |'],
  ])('%s goes on as it is, also while it grows', (_, before, after, table) => {
    expect(joined(HEAD + before, after)).toBe(HEAD + table)
    for (let length = 1; length < after.length; length++)
      expect(joined(HEAD + before, after.slice(0, length), true)).toBe(HEAD + before + after.slice(0, length))
  })

  test.each([
    ['| 1 | 2 |', '\n| 3 | 4 |'],
    ['| 1 | 2 |\n', '| 3 | 4 |'],
  ])('after %j goes on with a row, once that is not the head again', (before, after) => {
    expect(joined(HEAD + before, after)).toBe(`${HEAD}| 1 | 2 |\n| 3 | 4 |`)
    expect(joined(HEAD + before, after.slice(0, 4), true)).toBe(`${HEAD + before}${after.slice(0, 4)}`)
  })

  test('gets the end of its row, if the next row follows at once', () => {
    expect(joined(`${HEAD}| 1 | 2 |`, '| 3 | 4 |')).toBe(`${HEAD}| 1 | 2 |\n| 3 | 4 |`)
    expect(joined(`${HEAD}| 1 | 2 |`, '| 3', true)).toBe(`${HEAD}| 1 | 2 |\n| 3`)
  })

  test('has a row once that is begun again', () => {
    expect(joined(`${HEAD}| 1 | tw`, '| 1 | two |\n| 3 | 4 |')).toBe(`${HEAD}| 1 | two |\n| 3 | 4 |`)
    expect(joined(`${HEAD}| 1 | tw`, '| one | two |')).toBe(`${HEAD}| 1 | tw\n| one | two |`)
  })

  test.each(['| 1 | tw', '| 1 | 2 |', '| 1 | 2 |\n'])(
    'after %j is a table, and then another one, if its head comes again',
    before => {
      const again = `${HEAD}| 3 | 4 |`
      expect(joined(HEAD + before, again)).toBe(`${HEAD + before.trimEnd()}\n\n${again}`)
    },
  )

  test.each(['| 1 | 2 |', '| 1 | 2 |\n'])('after %j shows no head as a row while it comes again', before => {
    for (let length = 1; length < HEAD.length; length++)
      expect(joined(HEAD + before, HEAD.slice(0, length), true)).toMatch(/\| 1 \| 2 \|\n\n\|/)
  })

  test.each([
    ['| 1 | tw', 'Em resumo, são dois.\n\nFim.'],
    ['| 1 | tw', 'Em resumo, são dois.'],
    ['| 1 | 2 |', 'Em resumo, são dois.'],
    ['| 1 | 2 |', 'Em resumo, a | b.'],
    ['| 1 | 2 |\n', 'Em resumo, são dois.'],
    ['| 1 | 2 |', '\nEm resumo, são dois.'],
  ])('after %j is a table, and then the text that begins: %j', (before, after) => {
    expect(joined(HEAD + before, after)).toMatch(
      /^\| a \| b \|\n\|---\|---\|\n\| 1 \| (tw|2 \|)\n{2,3}Em resumo/,
    )
  })

  test('is followed by a text that grows beyond a cell', () => {
    const text = 'Em resumo, são dois rios que correm para o mesmo mar'
    expect(joined(`${HEAD}| 1 | tw`, text, true)).toBe(`${HEAD}| 1 | tw\n\n${text}`)
  })
})

test.each([
  ['in a text', 'Um rio', ' corre.'],
  ['behind a table', `${HEAD}| 1 | 2 |\n\nUm rio`, ' corre.'],
  ['in code that looks like a table', `\`\`\`\n${HEAD}| 1 | 2 |`, 'x'],
  ['in the head of a table', '| a |', ' b |\n|---|---|'],
  ['in a table without borders at its edge', 'a | b\n---|---\n1 | 2', 'x'],
])('what broke off %s goes on as it is', (_, before, after) => {
  expect(untilBreak(before, after)).toBe(before)
})
