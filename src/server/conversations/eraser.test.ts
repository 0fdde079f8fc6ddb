import { statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { silentLogger } from '../../../test/harness/log.ts'
import { temporaryFolder } from '../../../test/harness/server.ts'
import { RiachoError } from '../../protocol/errors.ts'
import { insertConversation } from '../database/conversations.ts'
import { openDatabase } from '../database/open.ts'
import { createEraser } from './eraser.ts'

test('an erasure whose answer was lost is not done before the write-ahead log is empty', async () => {
  await using folder = await temporaryFolder()
  const file = `${folder.path}/riacho.db`
  const database = await openDatabase(file, silentLogger)
  try {
    await database.write('process', async queries => {
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
      await queries.updateTable('conversations').set({ deleted_at: 1 }).execute()
    })
    const erase = createEraser({
      database: {
        ...database,
        async eraseSome(erasure) {
          await database.eraseSome(erasure)
          throw new RiachoError('STORAGE_UNAVAILABLE', 'the thread of the database file ended')
        },
      },
      store: { settleJournal: async () => {} },
      steadyTime: () => 1,
    })
    await expect(erase({ deletedBefore: 1 })).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(statSync(`${file}-wal`).size).toBeGreaterThan(0)
    await erase({ deletedBefore: 1 })
    expect(statSync(`${file}-wal`).size).toBe(0)
  } finally {
    await database.close()
  }
})
