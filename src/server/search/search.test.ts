import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { EVERY_PART } from '../../../test/harness/everyPart.ts'
import { temporaryFolder } from '../../../test/harness/folder.ts'
import { silentLogger } from '../../../test/harness/log.ts'
import { insertConversation } from '../database/conversations.ts'
import { insertMessage } from '../database/messages.ts'
import { searchableText } from '../database/searchText.ts'
import { openSqlite } from '../database/sqlite/open.ts'
import { createSearchService } from './search.ts'

const HITS = 50
const RULES = { untouched: [], temporaryHours: 24 }
const CONVERSATION = {
  id: 'c',
  owner_id: 'o',
  title: '',
  assistant: 'riacho',
  status: 'OPEN',
  archived: 0,
  pinned: 0,
  title_final: 1,
  created_at: 1,
  updated_at: 1,
} as const

async function openFilled(path: string, messages: readonly (readonly object[])[]) {
  const database = await openSqlite(path, silentLogger)
  await database.write('process', async queries => {
    await insertConversation(queries, CONVERSATION)
    for (const [index, parts] of messages.entries()) {
      await insertMessage(queries, {
        id: `m${index}`,
        conversation_id: 'c',
        owner_id: 'o',
        role: 'USER',
        parts: JSON.stringify(parts),
        created_at: 1,
      })
    }
  })
  return database
}

function wordsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.match(/\p{L}+/gu) ?? []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(wordsIn) : []
}

test.each(Object.values(EVERY_PART))('the index has what a search may show of a part: $type', async part => {
  await using folder = await temporaryFolder()
  const database = await openFilled(`${folder.path}/riacho.db`, [[part]])
  try {
    const service = createSearchService({ database, rulesOf: async () => RULES })
    const shown = wordsIn(searchableText([part]))
    const { id: _, type: __, ...fields } = part
    for (const word of wordsIn(fields)) {
      const { hits } = await service.search('o', { query: word, limit: 1 })
      const isShown = shown.some(each => each.startsWith(word))
      expect([word, hits.length]).toEqual([word, isShown ? 1 : 0])
    }
  } finally {
    await database.close()
  }
})

test('other requests run between two hits', async () => {
  await using folder = await temporaryFolder()
  const messages = Array.from({ length: HITS }, () => [{ type: 'text', text: 'rio' }])
  const database = await openFilled(`${folder.path}/riacho.db`, messages)
  try {
    let isFound = false
    const found = createSearchService({ database, rulesOf: async () => RULES })
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
