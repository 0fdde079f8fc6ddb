import fc from 'fast-check'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/harness/folder.ts'
import { silentLogger } from '../../../test/harness/log.ts'
import { withoutCaseAndAccents } from '../../protocol/withoutCaseAndAccents.ts'
import { insertConversation, listConversations, updateConversation } from './conversations.ts'
import type { Queries } from './schema.ts'
import { openSqlite } from './sqlite/open.ts'

const OWNER = 'owner'
const ROW = {
  status: 'OPEN',
  archived: 0,
  pinned: 0,
  title_final: 1,
  assistant: 'riacho',
  created_at: 1,
  updated_at: 1,
} as const

/** Opens a database, and closes it after `work`. */
async function withQueries(work: (queries: Queries) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  const database = await openSqlite(`${folder.path}/riacho.db`, silentLogger)
  try {
    // One transaction, because each would sync the disk.
    await database.write('process', work)
  } finally {
    await database.close()
  }
}

const add = (queries: Queries, row: { id: string; title: string; owner_id?: string; temporary?: 0 | 1 }) =>
  insertConversation(queries, { ...ROW, owner_id: OWNER, ...row })

async function found(queries: Queries, search: string, limit = 1000): Promise<string[]> {
  return (await listConversations(queries, { ownerId: OWNER, search, limit })).map(({ id }) => id)
}

/** What a look at each title finds. */
function lookedThrough(titles: ReadonlyMap<string, string>, search: string): string[] {
  const words = withoutCaseAndAccents(search).split(/\s+/)
  return [...titles].flatMap(([id, title]) => {
    const folded = withoutCaseAndAccents(title)
    return words.every(word => folded.includes(word)) ? [id] : []
  })
}

const TEXT = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', 'á', ' ', '水', '🌊', '"', '\0', '1'), maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
)
const CHANGE = fc.record({ to: TEXT, kind: fc.constantFrom('rename', 'erase', 'move', 'keep') })

test('a search finds the titles that a look at each title finds, whatever has changed since', () =>
  withQueries(async queries => {
    let count = 0
    const titled = fc.array(fc.tuple(TEXT, CHANGE), { minLength: 1, maxLength: 8 })
    const property = fc.asyncProperty(titled, TEXT, fc.nat(), async (rows, text, at) => {
      await queries.deleteFrom('conversations').execute()
      const titles = new Map<string, string>()
      for (const [title, { kind, to }] of rows) {
        const id = `c${count++}`
        await add(queries, { id, title, owner_id: kind === 'move' ? 'other' : OWNER })
        if (kind === 'rename') await updateConversation(queries, { id, change: { title: to } })
        if (kind === 'move') await updateConversation(queries, { id, change: { owner_id: OWNER } })
        if (kind === 'erase') await queries.deleteFrom('conversations').where('id', '=', id).execute()
        else titles.set(id, kind === 'rename' ? to : title)
      }
      const some = [...([...titles.values()][at % Math.max(1, titles.size)] ?? '')]
      for (const search of [text, some.slice(0, 5).join(''), some.slice(2, 9).join('')]) {
        if (search.trim() === '') continue
        expect((await found(queries, search)).toReversed()).toEqual(lookedThrough(titles, search.trim()))
      }
    })
    await fc.assert(property, { numRuns: 150 })
  }))

test('a search finds the same among few titles and among very many, in the order of the list', () =>
  withQueries(async queries => {
    const expected: string[] = []
    for (let index = 0; index < 450; index++) {
      const id = `c${index}`
      await add(queries, { id, title: `Rio ${index % 3 === 0 ? 'largo' : 'raso'} ${index}` })
      if (index % 3 === 0) expected.unshift(id)
      if (expected.length % 100 === 50) expect(await found(queries, 'rio largo')).toEqual(expected)
    }
    await queries.updateTable('conversations').set({ pinned: 1 }).where('id', '=', 'c33').execute()
    const sorted = ['c33', ...expected.filter(id => id !== 'c33')]
    expect(await found(queries, 'largo rio')).toEqual(sorted)
    expect(await found(queries, 'rio', 3)).toEqual(['c33', 'c449', 'c448', 'c447'])
    expect(await found(queries, 'largo', 3)).toEqual(sorted.slice(0, 4))
  }))

test('a title of another owner is not found, also if it has the only match', () =>
  withQueries(async queries => {
    await add(queries, { id: 'c', title: 'Nascente', owner_id: 'other' })
    expect(await found(queries, 'nascente')).toEqual([])
  }))
