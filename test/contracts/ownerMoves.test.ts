import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { OwnerMover } from '../../src/server/accounts/ownerMover.ts'
import { beginMove, insertMove, moveSomeMessages } from '../../src/server/database/accounts/ownerMoves.ts'
import { insertConversation } from '../../src/server/database/conversations.ts'
import type { Database } from '../../src/server/database/database.ts'
import { listMatches } from '../../src/server/database/messageIndex.ts'
import { insertMessage } from '../../src/server/database/messages.ts'
import { storedBytes } from '../../src/server/database/ownerStorage.ts'
import { bothDatabases } from '../harness/bothDatabases.ts'
import { silentLogger } from '../harness/log.ts'

const MESSAGES = 120

const { databases: DATABASES } = bothDatabases()

/** Stores a conversation of an owner. Gives its id. */
async function store({ write }: Database, ownerId: string, clientMessageId: string): Promise<string> {
  const id = randomUUID()
  await write('process', async queries => {
    const fixed = { status: 'OPEN', archived: 0, pinned: 0, title_final: 1, title: 'Riacho' } as const
    const row = { ...fixed, id, owner_id: ownerId, assistant: 'riacho', created_at: 1, updated_at: 1 }
    await insertConversation(queries, { ...row, head_message_id: null })
    for (let place = 0; place < MESSAGES; place++)
      await insertMessage(queries, {
        id: randomUUID(),
        conversation_id: id,
        owner_id: ownerId,
        role: 'USER',
        parts: JSON.stringify([{ id: '1', type: 'text', text: `pedra ${place}` }]),
        client_message_id: place === MESSAGES - 1 ? clientMessageId : null,
        created_at: place,
      })
  })
  return id
}

const mover = (database: Database) =>
  new OwnerMover({
    database,
    proofs: { learn() {} },
    steadyTime: () => 1,
    now: () => 1,
    logger: silentLogger,
  })

for (const [name, withDatabase] of Object.entries(DATABASES)) {
  describe(`${name}: what a visitor has goes to an account`, () => {
    test('also if a process died in the middle, and two go on at once', () =>
      withDatabase(async database => {
        const { write, queries } = database
        const clientMessageId = randomUUID()
        const own = await store(database, 'account', clientMessageId)
        const id = await store(database, 'visitor', clientMessageId)
        const bytes = await storedBytes(queries, 'visitor')
        const before = await storedBytes(queries, 'account')
        await write('power', async queries => {
          await insertMove(queries, { from_owner_id: 'visitor', to_owner_id: 'account', begun_at: 1 })
          expect(await beginMove(queries, { id, from: 'visitor', to: 'account' })).toBe(true)
          await moveSomeMessages(queries, { id, to: 'account', after: 0 })
        })
        const left = await queries
          .selectFrom('messages')
          .where('owner_id', '=', 'visitor')
          .select('id')
          .execute()
        expect(left).toHaveLength(MESSAGES - 50)
        await Promise.all([mover(database).look(), mover(database).look()])
        const rows = await queries
          .selectFrom('conversations')
          .select(['id', 'owner_id', 'deleted_at'])
          .execute()
        expect(rows.toSorted((one, other) => (one.id < other.id ? -1 : 1))).toEqual(
          [own, id].sort().map(id => ({ id, owner_id: 'account', deleted_at: null })),
        )
        expect(await storedBytes(queries, 'visitor')).toBe(0)
        expect(await storedBytes(queries, 'account')).toBe(before + bytes)
        const page = { words: ['pedra'], limit: 1000 }
        expect(await listMatches(queries, { ...page, ownerId: 'account' })).toHaveLength(2 * MESSAGES)
        expect(await listMatches(queries, { ...page, ownerId: 'visitor' })).toHaveLength(0)
        const known = await queries
          .selectFrom('messages')
          .select('conversation_id')
          .where('client_message_id', '=', clientMessageId)
          .execute()
        expect(known).toEqual([{ conversation_id: own }])
        expect(await queries.selectFrom('owner_moves').selectAll().execute()).toEqual([])
        await expect(store(database, 'visitor', randomUUID())).rejects.toThrow('the owner was erased')
      }))
  })
}
