import { statSync, symlinkSync, unlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../../../test/harness/folder.ts'
import { silentLogger } from '../../../../../test/harness/log.ts'
import { canMount, smallDisk } from '../../../../../test/harness/smallDisk.ts'
import { readSetting, writeSetting } from '../../storedSettings.ts'
import { openSqlite, type SqliteDatabase } from '../open.ts'

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

/** Stores a setting. Resolves with the size of the database's file at the moment of the commit. */
async function store(database: SqliteDatabase, key: string, value: string): Promise<number> {
  let size = 0
  await database.write('process', async (queries, { afterCommit }) => {
    afterCommit(() => {
      size = database.file.size()
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
    const before = database.file.size()
    const value = 'x'.repeat(6_000_000)
    expect(await store(database, 'a', value)).toBe(before)
    await expect.poll(() => database.file.size()).toBeGreaterThan(value.length)
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

test('two databases of one process are rewritten one after the other', () =>
  withDatabase((first, file) =>
    withDatabase(async second => {
      const order: string[] = []
      // It keeps the first rewriting waiting, until that fails.
      using reader = new DatabaseSync(file)
      await store(first, 'a', 'x')
      reader.exec('begin; select count(*) from settings')
      await store(first, 'b', 'x')
      const failed = first.file.rewrite().catch(() => order.push('first'))
      await Promise.all([failed, second.file.rewrite().then(() => order.push('second'))])
      expect(order).toEqual(['first', 'second'])
    }),
  ))

describe.skipIf(!canMount)('when the disk is full', () => {
  let tries = 0
  // Another value each time, because SQLite does not write a page that stays the same.
  const isStored = (database: SqliteDatabase) =>
    store(database, 'a', String(++tries).padStart(5, '0').repeat(10_000)).then(
      () => true,
      () => false,
    )

  test('a log that filled it begins anew once the process that read it ends', async () => {
    await using disk = await smallDisk(6_000_000)
    const file = `${disk.path}/riacho.db`
    const database = await openSqlite(file, silentLogger)
    try {
      // The file has all of its pages then, because a full disk has none for it.
      for (let count = 0; count < 5; count++) await isStored(database)
      await database.purge()
      using reader = new DatabaseSync(file)
      reader.exec('begin; select count(*) from settings')
      while (await isStored(database));
      expect(await isStored(database)).toBe(false)
      reader.exec('commit')
      await expect.poll(() => isStored(database), { interval: 10, timeout: 5000 }).toBe(true)
    } finally {
      await database.close()
    }
  })

  test('the log begins anew in its own file if something else filled it', async () => {
    await using disk = await smallDisk(6_000_000)
    const database = await openSqlite(`${disk.path}/riacho.db`, silentLogger)
    try {
      for (let count = 0; count < 5; count++) await isStored(database)
      await database.purge()
      for (let count = 0; count < 20; count++) await isStored(database)
      await disk.fill()
      expect(await isStored(database)).toBe(false)
      await expect.poll(() => isStored(database), { interval: 10, timeout: 5000 }).toBe(true)
    } finally {
      await database.close()
    }
  })
})
