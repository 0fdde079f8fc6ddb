import { expect, test } from 'vitest'
import { type Part, textOf } from '../../../protocol/parts.ts'
import { acrossBreaks } from './acrossBreaks.ts'

const BREAK: Part = { id: 'break', type: 'break', status: 'stopped', code: null }
const text = (content: string): Part => ({ id: 'text', type: 'text', text: content })

test('a break inside a block is drawn after that block', () => {
  const parts = [text('Um.\n\n**Pergunte'), BREAK, text(' também:**\n\nFim.')]
  expect(acrossBreaks(parts)).toEqual([text('Um.\n\n**Pergunte também:**\n\n'), BREAK, text('Fim.')])
})

test('a break between blocks stays where it is', () => {
  const parts = [text('Um.\n\n'), BREAK, text('Dois.')]
  expect(acrossBreaks(parts)).toEqual(parts)
})

test('several breaks keep all of the text, in order', () => {
  const parts = [text('a **b'), BREAK, text(' c'), BREAK, text(' d**\n\ne')]
  const drawn = acrossBreaks(parts)
  expect(textOf(drawn)).toBe(textOf(parts))
  expect(drawn[0]).toEqual(text('a **b c d**\n\n'))
  expect(drawn.filter(part => part.type === 'break').length).toBe(2)
})

test('a table that broke off in a row is drawn as one table, also with a thought in between', () => {
  const thought: Part = { id: 'thought', type: 'reasoning', text: 'Hm.' }
  const table = '| a | b |\n|---|---|\n| 1 | 2 |'
  const parts = [text(table), BREAK, thought, text('| 3 | 4 |\n\nFim.')]
  expect(acrossBreaks(parts)).toEqual([text(`${table}\n| 3 | 4 |\n\n`), BREAK, thought, text('Fim.')])
  expect(textOf(parts)).toBe(`${table}\n| 3 | 4 |\n\nFim.`)
})

test('the head of a table that comes again while the reply grows is drawn below the break', () => {
  const table = '| a | b |\n|---|---|\n| 1 | 2 |'
  expect(acrossBreaks([text(table), BREAK, text('| a |')], true)).toEqual([
    text(`${table}\n\n`),
    BREAK,
    text('| a |'),
  ])
})
