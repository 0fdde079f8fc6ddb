import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/harness/folder.ts'
import { silentLogger } from '../../../../test/harness/log.ts'
import { readSetting, writeSetting } from '../storedSettings.ts'
import { openSqlite, type SqliteDatabase } from './open.ts'

async function withDatabase(work: (database: SqliteDatabase, file: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'riacho.db')
  const database = await openSqlite(file, silentLogger)
  try {
    await work(database, file)
  } finally {
    await database.close()
  }
}

const put = (database: SqliteDatabase, key: string, thenThrow?: Error) =>
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

test('a write that throws rolls back only itself', () =>
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

test('a write sees what earlier writes of its group did, and readers see nothing before the commit', () =>
  withDatabase(async database => {
    const first = put(database, 'a')
    const second = database.write('process', queries => readSetting(queries, 'a'))
    expect(await readSetting(database.queries, 'a')).toBeUndefined()
    expect(await Promise.all([first, second])).toEqual(['a', 'x'])
  }))

test('each write of a group gets only its own callbacks, and before its caller learns', () =>
  withDatabase(async database => {
    const told: Record<string, string[]> = { a: [], b: [], c: [] }
    const write = (key: string, thenThrow?: Error) =>
      database
        .write('process', async (queries, { afterCommit, onRollback }) => {
          afterCommit(() => told[key]?.push('stored'))
          onRollback(() => told[key]?.push('undone'))
          await writeSetting(queries, { key, value: 'x' })
          if (thenThrow) throw thenThrow
        })
        .finally(() => told[key]?.push('answered'))
    await Promise.allSettled([write('a'), write('b', new Error('no')), write('c')])
    // The second throws, so the first is undone with it, and both are done again.
    expect(told).toEqual({
      a: ['undone', 'stored', 'answered'],
      b: ['undone', 'undone', 'answered'],
      c: ['stored', 'answered'],
    })
  }))

test('a write that throws leaves nothing behind of the others, which are done again and told once', () =>
  withDatabase(async database => {
    const told: string[] = []
    const write = (key: string, thenThrow?: Error) =>
      database.write('process', async (queries, { afterCommit, onRollback }) => {
        told.push(`${key} begins`)
        afterCommit(() => told.push(`${key} stored`))
        onRollback(() => told.push(`${key} undone`))
        await sql`insert into settings (key, value) values (${key}, 'x')`.execute(queries)
        if (thenThrow) throw thenThrow
      })
    await Promise.allSettled([write('a'), write('b', new Error('no')), write('c')])
    expect(told).toEqual([
      ...['a begins', 'b begins', 'a undone', 'a begins', 'b undone', 'b begins', 'c begins'],
      ...['b undone', 'a stored', 'c stored'],
    ])
    const { rows } = await sql<{
      key: string
    }>`select key from settings where key in ('a', 'b', 'c')`.execute(database.queries)
    expect(rows).toEqual([{ key: 'a' }, { key: 'c' }])
  }))

test('a group that cannot be committed undoes all of its writes', () =>
  withDatabase(async database => {
    const told: string[] = []
    const writes = ['a', 'b'].map(key =>
      database.write('process', async (queries, { afterCommit, onRollback }) => {
        afterCommit(() => told.push(`${key} stored`))
        onRollback(() => told.push(`${key} undone`))
        await writeSetting(queries, { key, value: 'x' })
        // With `defer_foreign_keys` the insert passes, and the commit fails because there is no such run.
        await sql`pragma defer_foreign_keys = on`.execute(queries)
        await sql`insert into segments (run_id, from_seq, to_seq, frames) values (${key}, 1, 1, '')`.execute(
          queries,
        )
      }),
    )
    expect(await Promise.allSettled(writes)).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }])
    expect(told.toSorted()).toEqual(['a undone', 'b undone'])
    expect(await readSetting(database.queries, 'a')).toBeUndefined()
  }))

test('a database closes only after it has stored the waiting writes', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'riacho.db')
  const database = await openSqlite(file, silentLogger)
  const write = put(database, 'a')
  await database.close()
  expect(await write).toBe('a')
})

test('while the file is rewritten reads are answered and writes wait, and then all of them are stored', () =>
  withDatabase(async database => {
    await put(database, 'before')
    const order: string[] = []
    const rewritten = database.file.rewrite().then(() => order.push('rewritten'))
    const writes = ['a', 'b'].map(key => put(database, key).then(value => order.push(value)))
    expect(await readSetting(database.queries, 'before')).toBe('x')
    order.push('read')
    await Promise.all([rewritten, ...writes])
    expect(order).toEqual(['read', 'rewritten', 'a', 'b'])
    expect(await readSetting(database.queries, 'b')).toBe('x')
  }))

test('a rewriting fails while another process reads the file, and leaves everything as it was', () =>
  withDatabase(async (database, file) => {
    await put(database, 'a')
    using reader = new DatabaseSync(file)
    reader.exec('begin; select count(*) from settings')
    await put(database, 'b')
    await expect(database.file.rewrite()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    await expect(database.purge()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    await put(database, 'c')
    reader.exec('commit')
    await database.purge()
    expect(statSync(`${file}-wal`).size).toBe(0)
    await database.file.rewrite()
    expect(await readSetting(database.queries, 'c')).toBe('x')
  }))

/** Keeps the event loop busy for `ms` milliseconds. */
function work(ms: number): void {
  for (const began = performance.now(); performance.now() - began < ms; );
}

test('a transaction of long work gives way to the event loop, and readers still see it whole', () =>
  withDatabase(async database => {
    let turns = 0
    const count = () => {
      turns += 1
      timer = setImmediate(count)
    }
    let timer = setImmediate(count)
    const seen: number[] = []
    const long = (key: string) =>
      database.write('process', async (queries, { giveWay }) => {
        seen.push(turns)
        await writeSetting(queries, { key, value: 'x' })
        work(20)
        await giveWay()
        seen.push(turns)
        await writeSetting(queries, { key: `${key}2`, value: 'x' })
        work(20)
      })
    const writes = [long('a'), long('b')]
    const read = new Promise<unknown>(resolve =>
      setImmediate(() => setImmediate(() => resolve(readSetting(database.queries, 'b2')))),
    )
    await Promise.all(writes)
    clearImmediate(timer)
    expect(new Set(seen).size).toBe(4)
    expect(await read).toBe('x')
  }))
