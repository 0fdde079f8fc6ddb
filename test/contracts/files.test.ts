import { randomBytes, randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { RiachoError } from '../../src/protocol/errors.ts'
import { createSteadyTime } from '../../src/server/clock.ts'
import type { OwnedId } from '../../src/server/conversations/ownedId.ts'
import type { Database } from '../../src/server/database/database.ts'
import { listComplete } from '../../src/server/database/files/files.ts'
import { releaseFile } from '../../src/server/database/files/messageFiles.ts'
import { createBlobStore } from '../../src/server/files/createBlobStore.ts'
import { contentPrefix } from '../../src/server/files/fileNames.ts'
import { createFileService, type FileServiceOptions } from '../../src/server/files/fileService.ts'
import { DocumentThread } from '../../src/server/files/reading/documentThread.ts'
import { createReadImage } from '../../src/server/files/reading/readImage.ts'
import { bothDatabases } from '../harness/bothDatabases.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { silentLogger } from '../harness/log.ts'
import { createShiftedClock, type ShiftedClock } from '../harness/shiftedClock.ts'

const { databases } = bothDatabases()

const ownerId = 'ana'
const TEXT = Buffer.from('# Três ações\n')

/** The service of files of one node, with what a test puts in place of its parts. */
async function openFiles(
  database: Database,
  { clock = createShiftedClock(), ...parts }: Partial<FileServiceOptions> & { clock?: ShiftedClock } = {},
) {
  const folder = await temporaryFolder()
  const options: FileServiceOptions = {
    database,
    store: createBlobStore({ folder: folder.path }),
    limits: { file: 1_000_000, image: 1_000_000, owner: 0 },
    readImage: await createReadImage(),
    documents: new DocumentThread({ clock }),
    clock,
    steadyTime: createSteadyTime(clock),
    createId: randomUUID,
    logger: silentLogger,
    ...parts,
  }
  const files = createFileService(options)
  return {
    ...options,
    files,
    clock,
    stored: () => filesIn(folder.path),
    async begin(name: string, size: number, of = ownerId) {
      return { id: (await files.begin(of, { name, size, mediaType: '' })).fileId, ownerId: of }
    },
    async [Symbol.asyncDispose]() {
      await files.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** How many files a folder has. */
function filesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).length
}

/** The first piece of a file, as a request has it. */
const piece = (bytes: Uint8Array) => ({ offset: 0, bytes, locale: 'en' }) as const

/** Does `before` each time before a document is read. */
function documentsAfter(before: () => Promise<unknown>): DocumentThread {
  const thread = new DocumentThread({ clock: createShiftedClock() })
  const read = thread.read.bind(thread)
  thread.read = async question => {
    await before()
    return read(question)
  }
  return thread
}

describe.each(Object.entries(databases))('%s', (_, withDatabase) => {
  test('a file that is deleted while it is read is gone', () =>
    withDatabase(async database => {
      let id = ''
      const deleted = () => database.write('power', queries => releaseFile(queries, { id, ownerId }))
      await using node = await openFiles(database, { documents: documentsAfter(deleted) })
      const key = await node.begin('a.md', TEXT.length)
      id = key.id
      await node.files.append(key, piece(TEXT))
      await node.files.eraseDue()
      await expect(node.files.details(key, 'en')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(node.stored()).toBe(0)
    }))

  test('bytes that the store cannot remove hold up nothing else, and go a minute later', () =>
    withDatabase(async database => {
      await using folder = await temporaryFolder()
      const store = createBlobStore({ folder: folder.path })
      let broken: string | undefined
      const remove = async (name: string) => {
        if (broken !== undefined && name.startsWith(broken))
          throw new RiachoError('STORAGE_UNAVAILABLE', 'a disk that is broken here')
        await store.remove(name)
      }
      await using node = await openFiles(database, { store: { ...store, remove } })
      const keys: OwnedId[] = []
      for (const bytes of [TEXT, Buffer.from('outro')]) {
        const key = await node.begin('a.md', bytes.length)
        await node.files.append(key, piece(bytes))
        keys.push(key)
      }
      broken = contentPrefix(TEXT)
      for (const key of keys) await node.files.remove(key)
      expect(filesIn(folder.path)).toBe(1)
      broken = undefined
      await node.files.eraseDue()
      expect(filesIn(folder.path)).toBe(1)
      node.clock.shift(60_000)
      await node.files.eraseDue()
      expect(filesIn(folder.path)).toBe(0)
    }))

  test('a fault after the last piece leaves the file being read, and soon it is read again', () =>
    withDatabase(async database => {
      let faults = 1
      const documents = documentsAfter(async () => {
        if (faults-- > 0) throw new RiachoError('STORAGE_UNAVAILABLE', 'a disk that is broken here')
      })
      await using node = await openFiles(database, { documents })
      const key = await node.begin('a.md', TEXT.length)
      const answer = await node.files.append(key, piece(TEXT))
      expect(answer).toMatchObject({ offset: TEXT.length, file: { state: 'reading' } })
      node.clock.shift(5000)
      const state = async () => (await node.files.details(key, 'en')).file.state
      await expect.poll(state).toBe('ready')
    }))

  test('one person with many slow documents holds up nobody else', () =>
    withDatabase(async database => {
      const read: string[] = []
      const slow = Promise.withResolvers<void>()
      const begun = Promise.withResolvers<void>()
      const documents = new DocumentThread({ clock: createShiftedClock() })
      const readNow = documents.read.bind(documents)
      documents.read = async question => {
        begun.resolve()
        if (question.name.startsWith('ana')) await slow.promise
        read.push(question.name)
        return readNow(question)
      }
      await using node = await openFiles(database, { documents })
      const appends: Promise<unknown>[] = []
      for (let number = 0; number < 20; number++) {
        const key = await node.begin(`ana-${number}`, TEXT.length)
        appends.push(node.files.append(key, piece(TEXT)))
      }
      await begun.promise
      const bia = await node.begin('bia', TEXT.length, 'bia')
      const state = async () => (await node.files.details(bia, 'en')).file.state
      appends.push(node.files.append(bia, piece(TEXT)))
      await expect.poll(state).toBe('ready')
      expect(read).toEqual(['bia'])
      const closing = node.files.close()
      slow.resolve()
      await closing
      await Promise.all(appends)
    }))

  test('what a dead process left is looked at owner by owner, the oldest file of each first', () =>
    withDatabase(async database => {
      await using node = await openFiles(database)
      const add = async (owner: string, name: string) => {
        const { id } = await node.begin(name, TEXT.length, owner)
        await database.queries
          .updateTable('files')
          .set({ received: TEXT.length })
          .where('id', '=', id)
          .execute()
        node.clock.shift(1)
      }
      for (const name of ['ana-1', 'ana-2', 'ana-3']) await add('ana', name)
      await add('bia', 'bia-1')
      const left = await listComplete(database.queries, { leftBefore: Number.MAX_SAFE_INTEGER, limit: 3 })
      expect(left.map(({ name }) => name)).toEqual(['ana-1', 'bia-1', 'ana-2'])
    }))

  test('a service that closes begins no other file, and counts none as the death of a process', () =>
    withDatabase(async database => {
      const two = Promise.withResolvers<void>()
      const closed = Promise.withResolvers<void>()
      let begun = 0
      const documents = documentsAfter(() => {
        if (++begun === 2) two.resolve()
        return closed.promise
      })
      await using node = await openFiles(database, { documents })
      const appends: Promise<unknown>[] = []
      for (const name of ['a', 'b', 'c', 'd', 'e']) {
        const key = await node.begin(name, TEXT.length, name)
        appends.push(node.files.append(key, piece(TEXT)))
      }
      await two.promise
      const closing = node.files.close()
      closed.resolve()
      await closing
      await Promise.all(appends)
      expect(begun).toBe(2)
      const rows = await database.queries.selectFrom('files').select(['state', 'attempts']).execute()
      expect(rows).toEqual(Array(5).fill({ state: 'uploading', attempts: 0 }))
    }))

  test('a picture that becomes larger than the room of its owner is refused, and nothing of it is stored', () =>
    withDatabase(async database => {
      const raw = { width: 200, height: 200, channels: 4 } as const
      const small = await sharp(randomBytes(160_000), { raw }).avif({ quality: 1 }).toBuffer()
      const limits = { file: 1_000_000, image: 1_000_000, owner: 2000 + small.length }
      await using node = await openFiles(database, { limits })
      const key = await node.begin('a.avif', small.length)
      const { file } = await node.files.append(key, piece(small))
      expect(file).toMatchObject({ state: 'refused', code: 'QUOTA_EXCEEDED' })
      expect(node.stored()).toBe(0)
    }))

  test('the text of a document counts in what its owner has room for, and so does each file', () =>
    withDatabase(async database => {
      const limits = { file: 1_000_000, image: 1_000_000, owner: 11_000 }
      await using node = await openFiles(database, { limits })
      const bytes = Buffer.alloc(4000, 'a')
      const key = await node.begin('a.txt', bytes.length)
      expect((await node.files.append(key, piece(bytes))).file.state).toBe('ready')
      await expect(node.begin('b.txt', 1001)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
      const other = await node.begin('b.txt', 1000)
      const refused = await node.files.append(other, piece(bytes.subarray(0, 1000)))
      expect(refused.file).toMatchObject({ state: 'refused', code: 'QUOTA_EXCEEDED' })
    }))
})

test('one node at a time looks at a file, and only its silence counts as a death', () =>
  databases.PostgreSQL(async database => {
    const go = Promise.withResolvers<void>()
    let begun = 0
    const documents = documentsAfter(() => {
      begun++
      return go.promise
    })
    const clock = createShiftedClock()
    await using first = await openFiles(database, { documents, clock })
    const { store } = first
    await using second = await openFiles(database, { documents, clock, store })
    const key = await first.begin('a.md', TEXT.length)
    const appended = first.files.append(key, piece(TEXT))
    const row = () =>
      database.queries.selectFrom('files').select(['attempts', 'looked_at']).executeTakeFirstOrThrow()
    await expect.poll(() => begun).toBe(1)
    // A minute, in which the first node says six times that it still looks.
    for (let times = 0; times < 6; times++) {
      const { looked_at } = await row()
      clock.shift(10_000)
      await expect.poll(async () => (await row()).looked_at).toBeGreaterThan((looked_at ?? 0) + 9000)
      await second.files.sweep()
    }
    expect([begun, (await row()).attempts]).toEqual([1, 1])
    // To another node it is as dead.
    const ahead = createShiftedClock()
    ahead.shift(120_000)
    await using third = await openFiles(database, { documents, clock: ahead, store })
    const swept = third.files.sweep()
    await expect.poll(() => begun).toBe(2)
    expect((await row()).attempts).toBe(2)
    go.resolve()
    await Promise.all([appended, swept])
    expect((await first.files.details(key, 'en')).file.state).toBe('ready')
  }))
