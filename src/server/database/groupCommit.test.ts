import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/harness/server.ts'
import { type Database, openDatabase } from './open.ts'
import { readSetting, writeSetting } from './storedSettings.ts'

async function withDatabase(work: (database: Database) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  const database = await openDatabase(join(folder.path, 'riacho.db'))
  try {
    await work(database)
  } finally {
    await database.close()
  }
}

const put = (database: Database, key: string, thenThrow?: Error) =>
  database.write('process', async queries => {
    await writeSetting(queries, { key, value: 'x' })
    if (thenThrow) throw thenThrow
    return key
  })

test('writes asked for together are each stored, in the order in which they were asked for', () =>
  withDatabase(async database => {
    const order: string[] = []
    const writes = ['a', 'b', 'c'].map(key => put(database, key).then(value => order.push(value)))
    await Promise.all(writes)
    expect(order).toEqual(['a', 'b', 'c'])
    expect(await readSetting(database.queries, 'c')).toBe('x')
  }))

test('one that throws takes only itself back', () =>
  withDatabase(async database => {
    const refusal = new Error('no')
    const outcomes = await Promise.allSettled([
      put(database, 'a'),
      put(database, 'b', refusal),
      put(database, 'c'),
    ])
    expect(outcomes).toMatchObject([{ value: 'a' }, { reason: refusal }, { value: 'c' }])
    const stored = ['a', 'b', 'c'].map(key => readSetting(database.queries, key))
    expect(await Promise.all(stored)).toEqual(['x', undefined, 'x'])
  }))

test('what another write of the group did is seen, and what nobody has stored yet is not', () =>
  withDatabase(async database => {
    const first = put(database, 'a')
    const second = database.write('process', queries => readSetting(queries, 'a'))
    expect(await readSetting(database.queries, 'a')).toBeUndefined()
    expect(await Promise.all([first, second])).toEqual(['a', 'x'])
  }))

test('a database closes once the writes that wait are stored', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'riacho.db')
  const database = await openDatabase(file)
  const write = put(database, 'a')
  await database.close()
  expect(await write).toBe('a')
})
