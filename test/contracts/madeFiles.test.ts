import { randomUUID } from 'node:crypto'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { createSteadyTime } from '../../src/server/clock.ts'
import type { Database } from '../../src/server/database/database.ts'
import { findFile } from '../../src/server/database/files/files.ts'
import type { BlobStore } from '../../src/server/files/blobStore.ts'
import { createBlobStore } from '../../src/server/files/createBlobStore.ts'
import { createMadeFiles } from '../../src/server/files/madeFiles.ts'
import { createReadImage } from '../../src/server/files/reading/readImage.ts'
import { keepSoon } from '../../src/server/generation/fileKeeper.ts'
import { bothDatabases } from '../harness/bothDatabases.ts'
import { createFakeClock } from '../harness/fakeClock.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { silentLogger } from '../harness/log.ts'

const { databases } = bothDatabases()
const ownerId = 'ana'

const drawn = (width: number) =>
  sharp({ create: { width, height: 10, channels: 3, background: '#900' } })
    .png()
    .toBuffer()

/** Keeps pictures of one owner in a folder. Bytes are put there after `beforePut`. */
async function openKeeper(database: Database, beforePut = async () => {}) {
  const folder = await temporaryFolder()
  const clock = createFakeClock()
  const store: BlobStore = createBlobStore({ folder: folder.path })
  const keeper = createMadeFiles({
    database,
    store: {
      ...store,
      async put(name, bytes) {
        await beforePut()
        await store.put(name, bytes)
      },
    },
    limits: { file: 1_000_000, image: 1_000_000, owner: 0 },
    readImage: await createReadImage(),
    emptyTrash: async () => {},
    steadyTime: createSteadyTime(clock),
    createId: randomUUID,
    logger: silentLogger,
  })
  const fileId = keeper.createId()
  return {
    clock,
    keeper,
    picture: async (width: number) => ({ fileId, ownerId, name: 'picture', bytes: await drawn(width) }),
    async width() {
      return (await findFile(database.queries, { id: fileId, ownerId }))?.width
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

describe.each(Object.entries(databases))('on %s', (_, withDatabase) => {
  test('a version that nobody waits for any more is not stored, and the next one is', () =>
    withDatabase(async database => {
      const [asked, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const puts = [
        () => {
          asked.resolve()
          return gate.promise
        },
      ]
      await using world = await openKeeper(database, async () => puts.shift()?.())
      const { clock, keeper, picture, width } = world
      let settle: Promise<unknown> = Promise.resolve()
      const watched = {
        ...keeper,
        keep: (made: Parameters<typeof keeper.keep>[0]) => {
          const kept = keeper.keep(made)
          settle = kept
          return kept
        },
      }
      const first = keepSoon({ keeper: watched, clock }, await picture(20))
      await asked.promise
      await clock.advance(30_000)
      expect(await first).toEqual({ code: 'STORAGE_UNAVAILABLE' })
      gate.resolve()
      await settle
      expect(await width()).toBeUndefined()
      expect(await keepSoon({ keeper, clock }, await picture(30))).toMatchObject({ file: { width: 30 } })
      expect(await width()).toBe(30)
    }))

  test('a version that was stored without anybody knowing is replaced by the next one', () =>
    withDatabase(async database => {
      await using world = await openKeeper(database)
      const { keeper, picture, width } = world
      await keeper.keep(await picture(20))
      expect(await keeper.keep(await picture(30))).toMatchObject({ file: { width: 30 } })
      expect(await width()).toBe(30)
    }))

  test('two versions that are stored at once are one file', () =>
    withDatabase(async database => {
      await using world = await openKeeper(database)
      const { keeper, picture, width } = world
      const pictures = await Promise.all([20, 30, 40, 50].map(picture))
      const kept = await Promise.all(pictures.map(keeper.keep))
      expect(kept.map(each => 'file' in each)).toEqual([true, true, true, true])
      expect([20, 30, 40, 50]).toContain(await width())
    }))
})
