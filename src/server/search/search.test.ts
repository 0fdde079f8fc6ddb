import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { silentLogger } from '../../../test/harness/log.ts'
import { temporaryFolder } from '../../../test/harness/server.ts'
import { insertConversation } from '../database/conversations.ts'
import { insertMessage } from '../database/messages.ts'
import { openDatabase } from '../database/open.ts'
import { createSearchService } from './search.ts'

const HITS = 50

test('other requests run between two hits', async () => {
  await using folder = await temporaryFolder()
  const database = await openDatabase(`${folder.path}/riacho.db`, silentLogger)
  try {
    await database.write('process', async queries => {
      const times = { created_at: 1, updated_at: 1 }
      const conversation = {
        id: 'c',
        owner_id: 'o',
        title: '',
        status: 'OPEN',
        archived: 0,
        ...times,
      } as const
      await insertConversation(queries, { ...conversation, assistant: 'riacho', pinned: 0, title_final: 1 })
      const parts = JSON.stringify([{ type: 'text', text: 'rio' }])
      for (let id = 0; id < HITS; id++) {
        const message = { id: `m${id}`, conversation_id: 'c', owner_id: 'o', role: 'USER', parts } as const
        await insertMessage(queries, { ...message, created_at: 1 })
      }
    })
    let isFound = false
    const found = createSearchService({ database })
      .search('o', { query: 'rio', limit: HITS })
      .finally(() => {
        isFound = true
      })
    let turns = 0
    for (; !isFound; turns++) await setImmediate()
    expect((await found).hits.length).toBe(HITS)
    expect(turns).toBeGreaterThanOrEqual(HITS)
  } finally {
    await database.close()
  }
})
