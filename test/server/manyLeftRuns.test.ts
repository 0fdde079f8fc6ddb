import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { textOf } from '../../src/protocol/parts.ts'
import { insertConversation } from '../../src/server/database/conversations.ts'
import { insertMessage } from '../../src/server/database/messages.ts'
import { insertActiveRun } from '../../src/server/database/runProgress.ts'
import type { Queries } from '../../src/server/database/schema.ts'
import { insertFirstSegment } from '../../src/server/database/segments.ts'
import { openSqlite } from '../../src/server/database/sqlite/open.ts'
import { ENDS_A_TRANSACTION } from '../../src/server/generation/waitingEnds.ts'
import { firstEvents } from '../../src/server/log/storedLog.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { runStart, silentLogger } from '../harness/log.ts'
import { startServer } from '../harness/server.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { createUpstream } from '../upstream/upstream.ts'

const LEFT = ENDS_A_TRANSACTION * 4

/** Stores what a killed process leaves of a reply that was under way. */
async function leaveRun(queries: Queries, runId: string, ownerId: string): Promise<void> {
  const start = {
    ...runStart(runId),
    conversationId: randomUUID(),
    userMessageId: randomUUID(),
    messageId: randomUUID(),
  }
  const { conversationId, userMessageId, messageId, model, assistant } = start
  const common = { owner_id: ownerId, created_at: 1 }
  await insertConversation(queries, {
    ...common,
    id: conversationId,
    title: runId,
    status: 'OPEN',
    archived: 0,
    pinned: 0,
    title_final: 1,
    assistant,
    head_message_id: userMessageId,
    updated_at: 1,
  })
  const parts = JSON.stringify([{ id: '1', type: 'text', text: 'Oi' }])
  const of = { conversation_id: conversationId, user_message_id: userMessageId, message_id: messageId }
  await insertMessage(queries, {
    ...common,
    id: userMessageId,
    conversation_id: conversationId,
    role: 'USER',
    parts,
  })
  await insertActiveRun(queries, { ...of, id: runId, owner_id: ownerId, model, assistant, started_at: 1 })
  const { lastSeq, frames } = firstEvents(start)
  const toSeq = lastSeq + 1
  const text = `id: ${toSeq}\ndata: ${JSON.stringify({ content: 'Um rio' })}\n\n`
  await insertFirstSegment(queries, { runId, toSeq, frames: frames + text })
}

test.skipIf(onPostgres)('after a crash with very many replies nobody sees one of them active', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const cookies: (string | undefined)[] = []
  {
    await using server = await startServer({ upstream, folder })
    for (let count = 0; count < 2; count++) {
      const client = server.client()
      await client.get('/api/chat/conversations')
      cookies.push(client.cookie)
    }
  }
  const database = await openSqlite(`${folder.path}/riacho.db`, silentLogger)
  await database.write('process', async queries => {
    const [many = '', one = ''] = (
      await queries
        .selectFrom('sessions')
        .select('owner_id')
        .orderBy('created_at')
        .orderBy('owner_id')
        .execute()
    ).map(row => row.owner_id)
    for (let index = 0; index < LEFT; index++) await leaveRun(queries, `many-${index}`, many)
    await leaveRun(queries, 'one', one)
  })
  await database.close()

  await using server = await startServer({ upstream, folder })
  const seen = await Promise.all(
    cookies.map(async cookie => {
      const client = server.client()
      client.cookie = cookie
      const { body } = await client.get('/api/chat/conversations?limit=1')
      const id = body.conversations[0]?.id
      return (await client.get(`/api/chat/conversations/${id}`)).body
    }),
  )
  for (const { activeRun, messages } of seen) {
    expect(activeRun).toBeNull()
    expect(messages[1]).toMatchObject({ status: 'interrupted', code: 'REPLY_INTERRUPTED' })
    expect(textOf(messages[1]?.parts ?? [])).toBe('Um rio')
  }
  expect(server.rows("select count(*) n from runs where status = 'active'")).toEqual([{ n: 0 }])
  expect(server.rows("select count(*) n from messages where role = 'ASSISTANT'")).toEqual([{ n: LEFT + 1 }])
})
