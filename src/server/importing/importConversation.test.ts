import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/harness/folder.ts'
import { silentLogger } from '../../../test/harness/log.ts'
import { systemClock } from '../clock.ts'
import { createRequireRoom } from '../conversations/requireRoom.ts'
import { listConversations } from '../database/conversations.ts'
import type { Database } from '../database/database.ts'
import { openSqlite } from '../database/sqlite/open.ts'
import { createImporter } from './importConversation.ts'
import type { ImportedConversation } from './importedConversation.ts'

const ownerId = 'host:ana'

/** Long enough for some transactions. */
const conversation: ImportedConversation = {
  id: 'there-1',
  title: 'Longa',
  status: 'CLOSED',
  archived: false,
  pinned: false,
  createdAt: 1000,
  updatedAt: 9_999_999_999_999,
  headId: 'm3',
  threadId: 'thread_1',
  person: null,
  messages: Array.from({ length: 301 }, (_, index) => ({
    id: `m${index}`,
    parentId: index === 0 ? null : `m${index - 1}`,
    role: index % 2 ? 'ASSISTANT' : 'USER',
    parts: [{ type: 'text', text: `palavra ${index}` }],
    createdAt: 1000 + index,
    model: null,
  })),
}

function importerOf(database: Database, createId: () => string) {
  return createImporter({
    database,
    requireRoom: createRequireRoom(0),
    clock: systemClock,
    createId,
    assistant: 'riacho',
    source: 'test',
    defaultModel: 'Some model',
  })
}

test('a long conversation is hidden until its last transaction, and a failure leaves nothing of it', async () => {
  await using folder = await temporaryFolder()
  const database = await openSqlite(join(folder.path, 'riacho.db'), silentLogger)
  try {
    const listed = () => listConversations(database.queries, { ownerId, limit: 10 })
    let ids = 0
    const failing = importerOf(database, () => {
      ids += 1
      if (ids === 400) throw new Error('no more ids')
      return `first-${ids}`
    })
    await expect(failing(ownerId, conversation, () => {})).rejects.toThrow('no more ids')
    expect(await database.queries.selectFrom('messages').select('id').execute()).not.toEqual([])
    expect(await listed()).toEqual([])
    expect(await database.queries.selectFrom('imports').selectAll().execute()).toEqual([])

    const importConversation = importerOf(database, () => `second-${ids++}`)
    expect(await importConversation(ownerId, conversation, () => {})).toEqual({
      outcome: 'added',
      messages: 301,
    })
    expect(await importConversation(ownerId, conversation, () => {})).toMatchObject({ outcome: 'known' })
    const [only, ...others] = await listed()
    expect(others).toEqual([])
    expect(only).toMatchObject({ title: 'Longa', status: 'CLOSED', created_at: 1000, title_final: 1 })
    // A time that lies in the future would keep the conversation above all others.
    expect(only?.updated_at).toBeLessThanOrEqual(Date.now())
    const head = await database.queries
      .selectFrom('messages')
      .select('parts')
      .where('id', '=', only?.head_message_id ?? '')
      .executeTakeFirst()
    expect(head?.parts).toContain('palavra 3')
    expect(await database.queries.selectFrom('imports').selectAll().execute()).toMatchObject([
      { owner_id: ownerId, source: 'test', source_id: 'there-1', thread_id: 'thread_1' },
    ])
  } finally {
    await database.close()
  }
})
