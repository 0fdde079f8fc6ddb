import { randomUUID } from 'node:crypto'
import { insertConversation } from '../../src/server/database/conversations.ts'
import { insertMessage } from '../../src/server/database/messages.ts'
import { openSqlite } from '../../src/server/database/sqlite/open.ts'
import type { TestClient } from './client.ts'
import { temporaryFolder } from './folder.ts'
import { silentLogger } from './log.ts'
import { startServer, type TestServer } from './server.ts'

const ROOT = '/api/chat/conversations'

/** The text of each message, after its number. */
export const LONG_TEXT = 'água pedra vento\n'.repeat(20_000)

/** A folder with a conversation of 8 MB, or of another number of messages, and the cookie of its owner. */
export async function longConversation({ messages = 24 }: { messages?: number } = {}) {
  const folder = await temporaryFolder()
  let seeded: { cookie: string | undefined; ownerId: string; file: string }
  {
    await using server = await startServer({ folder })
    const client = server.client()
    await client.post(ROOT, {})
    const [row] = server.rows('select owner_id o from conversations')
    seeded = { cookie: client.cookie, ownerId: String(row?.['o']), file: server.databaseFile }
  }
  const id = randomUUID()
  const ids: string[] = Array.from({ length: messages }, () => randomUUID())
  const database = await openSqlite(seeded.file, silentLogger)
  await database.write('process', async queries => {
    const fixed = { status: 'OPEN', archived: 0, pinned: 0, title_final: 1, title: 'Longa' } as const
    const times = { created_at: 1, updated_at: 1 }
    const head = { assistant: 'riacho', head_message_id: ids.at(-1) ?? null }
    await insertConversation(queries, { ...fixed, ...times, ...head, id, owner_id: seeded.ownerId })
    for (const [place, message] of ids.entries())
      await insertMessage(queries, {
        id: message,
        conversation_id: id,
        owner_id: seeded.ownerId,
        parent_id: ids[place - 1] ?? null,
        role: 'USER',
        parts: JSON.stringify([{ id: '1', type: 'text', text: `${place} ${LONG_TEXT}` }]),
        created_at: place,
      })
  })
  await database.close()
  return { ...seeded, folder, id, ids, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

export type Long = Awaited<ReturnType<typeof longConversation>>

export function ownerOf(server: TestServer, { cookie }: Long): TestClient {
  const client = server.client()
  client.cookie = cookie
  return client
}
