import { statSync, symlinkSync, unlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silentLogger } from '../../../test/harness/log.ts'
import { temporaryFolder } from '../../../test/harness/server.ts'
import { type Database, openDatabase } from './open.ts'
import { readSetting, writeSetting } from './storedSettings.ts'

async function withDatabase(work: (database: Database, file: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'riacho.db')
  const database = await openDatabase(file, silentLogger)
  try {
    await work(database, file)
  } finally {
    await database.close()
  }
}

/** Stores a setting. Resolves with the size of the database's file at the moment of the commit. */
async function store(database: Database, key: string, value: string): Promise<number> {
  let size = 0
  await database.write('process', async (queries, { afterCommit }) => {
    afterCommit(() => {
      size = database.size()
    })
    await writeSetting(queries, { key, value })
  })
  return size
}

/** How often the write-ahead log of `file` began anew. */
async function beginningsOf(file: string): Promise<number> {
  return (await readFile(`${file}-wal`)).readUInt32BE(12)
}

test('the write-ahead log is moved to the file while writes go on, and then begins anew', () =>
  withDatabase(async (database, file) => {
    const value = 'x'.repeat(20_000)
    await store(database, 'a', 'x')
    const before = await beginningsOf(file)
    for (let count = 0; (await beginningsOf(file)) === before; count++)
      await store(database, `${count}`, value)
    expect(statSync(file).size).toBeGreaterThan(1_000_000)
  }))

test('a commit moves nothing of the write-ahead log, however long it is', () =>
  withDatabase(async database => {
    const before = database.size()
    const value = 'x'.repeat(6_000_000)
    expect(await store(database, 'a', value)).toBe(before)
    await expect.poll(() => database.size()).toBeGreaterThan(value.length)
  }))

test('a write that is stored is told as stored, also if nobody can look at the log then', () =>
  withDatabase(async (database, file) => {
    await store(database, 'a', 'x')
    unlinkSync(`${file}-wal`)
    // A link to itself, so that each look at it throws.
    symlinkSync(`${file}-wal`, `${file}-wal`)
    const told: string[] = []
    await database.write('process', async (queries, { afterCommit, onRollback }) => {
      afterCommit(() => told.push('stored'))
      onRollback(() => told.push('undone'))
      await writeSetting(queries, { key: 'b', value: 'x' })
    })
    expect(told).toEqual(['stored'])
    expect(await readSetting(database.queries, 'b')).toBe('x')
  }))
