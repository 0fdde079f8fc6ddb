import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { EVERY_PART } from '../../test/harness/everyPart.ts'
import { EVENTS } from './events.ts'

const PAGE = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8')

/** The rows of the table in PROTOCOL.md whose header begins like this. */
function rowsOf(header: string): string[][] {
  const [, table = ''] = PAGE.split(`\n| ${header} |`)
  const [, , ...rows] = (table.split('\n\n')[0] ?? '').split('\n')
  return rows.map(row => row.split(' | ').map(cell => cell.replace(/^\| | \|$/g, '')))
}

const namesIn = (cell = '') =>
  [...(/^`[^`]+`(?:, `[^`]+`)*/.exec(cell)?.[0] ?? '').matchAll(/[\w-]+/g)].flat()

test('PROTOCOL.md names the parts that the code has, with their fields', () => {
  const told = rowsOf('part | fields').flatMap(([types, fields]) =>
    namesIn(types).map(type => [type, namesIn(fields)]),
  )
  const parts = Object.entries(EVERY_PART).map(([name, { id: _, type: __, ...fields }]) => [
    name,
    Object.keys(fields),
  ])
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(parts))
})

test('PROTOCOL.md names the events that the code has', () => {
  const told = rowsOf('event | data | meaning').map(([name]) =>
    name === '(none)' ? 'text-delta' : namesIn(name)[0],
  )
  expect(told.sort()).toEqual(Object.keys(EVENTS).sort())
})
