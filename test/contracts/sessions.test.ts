import { describe, expect, test } from 'vitest'
import type { Database } from '../../src/server/database/database.ts'
import { openPostgres } from '../../src/server/database/postgres/open.ts'
import { listTokenChanges } from '../../src/server/database/postgres/tokenChanges.ts'
import type { SessionRow } from '../../src/server/database/schema.ts'
import {
  confirmToken,
  eraseSessions,
  findSession,
  insertSession,
  listSessions,
  replaceToken,
  revokeSessions,
  touchSession,
} from '../../src/server/database/sessions.ts'
import { createSessionService } from '../../src/server/sessions/sessionService.ts'
import { bothDatabases } from '../harness/bothDatabases.ts'

const HOUR = 60 * 60_000
const DAY = 24 * HOUR
const NOW = 1_700_000_000_000
const END = NOW + 400 * DAY

const { databases: DATABASES, postgresUrl } = bothDatabases()

function rowOf(token: string, changes: Partial<SessionRow> = {}): SessionRow {
  return {
    token_hash: token,
    id: `session of ${token}`,
    owner_id: 'ana',
    account_id: null,
    replaced_hash: null,
    is_confirmed: 1,
    is_kept: 0,
    device: 'Firefox',
    created_at: NOW,
    issued_at: NOW,
    used_at: NOW,
    expires_at: END,
    revoked_at: null,
    changed_at: null,
    ...changes,
  }
}

const later = (old: SessionRow, token: string, at: number): SessionRow => ({
  ...rowOf(token, { id: old.id, replaced_hash: old.token_hash, is_confirmed: 0 }),
  issued_at: at,
  used_at: at,
})

/** A conversation of an owner, as far as a sweep looks. */
async function addConversation({ write }: Database, ownerId: string): Promise<void> {
  await write('process', queries =>
    queries
      .insertInto('conversations')
      .values({
        id: `conversation of ${ownerId}`,
        owner_id: ownerId,
        title: '',
        folded_title: '',
        position: 1,
        status: 'OPEN',
        archived: 0,
        pinned: 0,
        title_final: 1,
        deleted_at: null,
        assistant: 'riacho',
        head_message_id: null,
        created_at: NOW,
        updated_at: NOW,
      })
      .execute(),
  )
}

for (const [name, withDatabase] of Object.entries(DATABASES)) {
  describe(`sessions in ${name}`, () => {
    test('what is stored is found, and the first row of a token stays', () =>
      withDatabase(async ({ write, queries }) => {
        await write('process', queries => insertSession(queries, rowOf('a')))
        await write('process', queries => insertSession(queries, rowOf('a', { owner_id: 'bia' })))
        expect(await findSession(queries, 'a')).toEqual(rowOf('a'))
        expect(await findSession(queries, 'b')).toBeUndefined()
      }))

    test('a list has each session of the owner once, as it is now', () =>
      withDatabase(async ({ write, queries }) => {
        const old = rowOf('a')
        await write('process', async queries => {
          await insertSession(queries, old)
          await insertSession(queries, rowOf('b', { used_at: NOW + 5 }))
          await insertSession(queries, rowOf('c', { owner_id: 'bia' }))
          await insertSession(queries, rowOf('d', { expires_at: NOW }))
          await replaceToken(queries, { ...later(old, 'a2', NOW + 9), device: 'Safari' })
        })
        expect(await listSessions(queries, { ownerId: 'ana', now: NOW + 10 })).toEqual([
          { id: old.id, device: 'Safari', createdAt: NOW, usedAt: NOW + 9 },
          { id: 'session of b', device: 'Firefox', createdAt: NOW, usedAt: NOW + 5 },
        ])
      }))

    test('the use of a token never goes back', () =>
      withDatabase(async ({ write, queries }) => {
        await write('process', queries => insertSession(queries, rowOf('a')))
        for (const at of [NOW + 2, NOW + 1])
          await write('process', queries => touchSession(queries, { tokenHash: 'a', at }))
        expect((await findSession(queries, 'a'))?.used_at).toBe(NOW + 2)
      }))

    test('a confirmed token ends the one before it, and not the one that took the same place', () =>
      withDatabase(async ({ write, queries }) => {
        const old = rowOf('a')
        const [one, two] = [later(old, 'one', NOW), later(old, 'two', NOW + 20_000)]
        await write('process', queries => insertSession(queries, old))
        expect(await write('power', queries => replaceToken(queries, one))).toBe(true)
        expect(await write('power', queries => replaceToken(queries, later(old, 'soon', NOW + 9_000)))).toBe(
          false,
        )
        expect(await write('power', queries => replaceToken(queries, two))).toBe(true)
        const confirm = (session: SessionRow) =>
          write('process', queries => confirmToken(queries, { session, at: NOW + 1, until: NOW + 300_000 }))
        const change = {
          tokenHash: 'a',
          id: old.id,
          expiresAt: NOW + 300_000,
          changedAt: NOW + 1,
          revokedAt: null,
        }
        expect(await confirm(one)).toEqual([change])
        expect(await confirm(two)).toEqual([])
        expect(await findSession(queries, 'one')).toMatchObject({ expires_at: END, is_confirmed: 1 })
        expect(
          await write('power', queries => replaceToken(queries, later(old, 'late', NOW + 300_000))),
        ).toBe(false)
      }))

    test('a token that no browser came back with goes at the next replacement', () =>
      withDatabase(async ({ write, queries }) => {
        const old = rowOf('a')
        await write('process', queries => insertSession(queries, old))
        await write('power', queries => replaceToken(queries, later(old, 'lost', NOW)))
        await write('power', queries => replaceToken(queries, later(old, 'next', NOW + HOUR + 1)))
        expect(await findSession(queries, 'lost')).toBeUndefined()
        expect(await findSession(queries, 'next')).toBeDefined()
      }))

    test('one is revoked with all its tokens, or all others are, and only those of the owner', () =>
      withDatabase(async ({ write, queries }) => {
        const old = rowOf('a')
        await write('process', async queries => {
          for (const row of [old, rowOf('b'), rowOf('c'), rowOf('d', { owner_id: 'bia' })])
            await insertSession(queries, row)
          await replaceToken(queries, later(old, 'a2', NOW))
        })
        const revoke = (which: { id: string } | { exceptId: string }, at: number, ownerId = 'ana') =>
          write('power', queries => revokeSessions(queries, { ownerId, at, ...which }))
        expect(await revoke({ id: old.id }, NOW + 1, 'bia')).toEqual([])
        const revoked = await revoke({ id: old.id }, NOW + 1)
        expect(revoked.map(({ tokenHash }) => tokenHash).sort()).toEqual(['a', 'a2'])
        expect(revoked[0]).toMatchObject({ expiresAt: NOW + 1, changedAt: NOW + 1, revokedAt: NOW + 1 })
        expect(await revoke({ id: old.id }, NOW + 2)).toEqual([])
        expect(await revoke({ exceptId: 'session of b' }, NOW + 2)).toMatchObject([{ tokenHash: 'c' }])
        expect(await findSession(queries, 'd')).toMatchObject({ revoked_at: null })
      }))

    test('an erasure leaves the hash and the owner alone', () =>
      withDatabase(async ({ write, queries }) => {
        await write('process', queries => insertSession(queries, rowOf('a', { is_kept: 1 })))
        const at = NOW + 7
        await write('power', queries => eraseSessions(queries, { ownerId: 'ana', at }))
        expect(await findSession(queries, 'a')).toEqual({
          ...rowOf('a'),
          device: '',
          created_at: at,
          issued_at: at,
          used_at: at,
          expires_at: at,
          revoked_at: at,
          changed_at: at,
        })
      }))

    test('a sweep deletes what ended a week ago, and what nobody uses and that has nothing', () =>
      withDatabase(async database => {
        const { write, queries } = database
        const old = { used_at: NOW - 31 * DAY }
        const gone = [
          rowOf('ended', { expires_at: NOW - 7 * DAY - 1 }),
          ...Array.from({ length: 450 }, (_, index) =>
            rowOf(`unused-${index}`, { ...old, owner_id: `o-${index}` }),
          ),
        ]
        const left = [
          rowOf('good'),
          rowOf('lately', { expires_at: NOW - 7 * DAY + 1 }),
          rowOf('kept', { expires_at: NOW - 9 * DAY, is_kept: 1 }),
          rowOf('signed', { ...old, is_kept: 1, owner_id: 'cid' }),
          rowOf('has', { ...old, owner_id: 'bia' }),
          rowOf('recent', { used_at: NOW - 29 * DAY, owner_id: 'dora' }),
        ]
        await write('process', async queries => {
          for (const row of [...gone, ...left]) await insertSession(queries, row)
        })
        await addConversation(database, 'bia')
        const service = createSessionService({ database, sessions: { learn() {} }, steadyTime: () => NOW })
        await service.sweep()
        const rows = await queries.selectFrom('sessions').select('token_hash').execute()
        expect(rows.map(({ token_hash }) => token_hash).sort()).toEqual(
          left.map(({ token_hash }) => token_hash).sort(),
        )
      }))
  })
}

test('PostgreSQL tells a node what changed after a time', async () => {
  const database = await openPostgres(await postgresUrl())
  try {
    await database.write('process', async queries => {
      for (const token of ['a', 'b', 'c']) await insertSession(queries, rowOf(token))
      await revokeSessions(queries, { ownerId: 'ana', id: 'session of a', at: NOW })
      await revokeSessions(queries, { ownerId: 'ana', id: 'session of b', at: NOW + 1 })
    })
    expect(await listTokenChanges(database.chores, NOW)).toEqual([
      { tokenHash: 'b', id: 'session of b', expiresAt: NOW + 1, changedAt: NOW + 1, revokedAt: NOW + 1 },
    ])
  } finally {
    await database.close()
  }
})
