import { statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/harness/folder.ts'
import { silentLogger } from '../../../test/harness/log.ts'
import { RiachoError } from '../../protocol/errors.ts'
import { insertConversation } from '../database/conversations.ts'
import { insertMessage } from '../database/messages.ts'
import { insertEndedRun } from '../database/runs.ts'
import type { Queries } from '../database/schema.ts'
import { openSqlite } from '../database/sqlite/open.ts'
import { createEraser } from './eraser.ts'

const OWNED = { conversation_id: 'c1', owner_id: 'owner-1', created_at: 1 }
const RUNS = 150

/** A deleted conversation with more runs than one slice erases. Each has a checkpoint. */
async function seed(queries: Queries): Promise<void> {
  await insertConversation(queries, {
    id: 'c1',
    owner_id: 'owner-1',
    assistant: 'a',
    title: 'Segredo',
    status: 'OPEN',
    archived: 0,
    pinned: 0,
    title_final: 1,
    created_at: 1,
    updated_at: 1,
  })
  await insertMessage(queries, { ...OWNED, id: 'm1', role: 'USER', parts: '[]' })
  for (let count = 0; count < RUNS; count++)
    await insertEndedRun(queries, {
      id: `r${count}`,
      conversation_id: 'c1',
      owner_id: 'owner-1',
      user_message_id: 'm1',
      message_id: `reply-${count}`,
      status: 'stopped',
      model: 'm',
      assistant: 'a',
      last_seq: 3,
      checkpoint: `checkpoint ${count}`,
      resumes: 0,
      started_at: 1,
    })
  await queries.updateTable('conversations').set({ deleted_at: 1 }).execute()
}

/** An eraser whose database loses the answer to each slice that `isLost` names by its number. */
async function withEraser(
  isLost: (slice: number) => boolean,
  work: (opened: {
    erase: ReturnType<typeof createEraser>
    logSize: () => number
    left: () => Promise<number>
    requested: string[]
  }) => Promise<void>,
): Promise<void> {
  await using folder = await temporaryFolder()
  const file = `${folder.path}/riacho.db`
  const database = await openSqlite(file, silentLogger)
  const requested: string[] = []
  let slices = 0
  try {
    await database.write('process', seed)
    const erase = createEraser({
      files: { hasDue: async () => false, async eraseDue() {} },
      database: {
        ...database,
        async eraseSome(erasure) {
          const answer = await database.eraseSome(erasure)
          if (isLost(slices++))
            throw new RiachoError('STORAGE_UNAVAILABLE', 'the thread of the database file ended')
          return answer
        },
      },
      store: { settleJournal: async () => {} },
      steadyTime: () => 1,
      requestDeletion: checkpoint => void requested.push(checkpoint),
    })
    await work({
      erase,
      logSize: () => statSync(`${file}-wal`).size,
      left: async () => (await database.queries.selectFrom('runs').select('id').execute()).length,
      requested,
    })
  } finally {
    await database.close()
  }
}

test('an erasure whose answer was lost is not done before the write-ahead log is empty', () =>
  withEraser(
    slice => slice === 1,
    async ({ erase, logSize, left }) => {
      await expect(erase({ deletedBefore: 1 })).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
      expect(await left()).toBe(0)
      expect(logSize()).toBeGreaterThan(0)
      await erase({ deletedBefore: 1 })
      expect(logSize()).toBe(0)
    },
  ))

test('the provider is asked once to delete each reply of an erased conversation, also if the answer of a slice is lost', async () => {
  const all = new Set(Array.from({ length: RUNS }, (_, count) => `checkpoint ${count}`))
  await withEraser(
    () => false,
    async ({ erase, requested, left }) => {
      await erase({ deletedBefore: 1 })
      expect(await left()).toBe(0)
      expect(requested.length).toBe(RUNS)
      expect(new Set(requested)).toEqual(all)
    },
  )
  await withEraser(
    slice => slice === 0,
    async ({ erase, requested, left }) => {
      await expect(erase({ deletedBefore: 1 })).rejects.toThrow()
      expect(await left()).toBeLessThan(RUNS)
      await erase({ deletedBefore: 1 })
      expect(await left()).toBe(0)
      expect(new Set(requested)).toEqual(all)
    },
  )
})
