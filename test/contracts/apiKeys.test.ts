import { describe, expect, test } from 'vitest'
import {
  deleteSomeEndedKeys,
  eraseKeys,
  findKey,
  insertKey,
  listKeys,
  revokeKeys,
  touchKey,
} from '../../src/server/database/apiKeys.ts'
import type { Database } from '../../src/server/database/database.ts'
import { markErased } from '../../src/server/database/owners.ts'
import { openPostgres } from '../../src/server/database/postgres/open.ts'
import { listTokenChanges } from '../../src/server/database/postgres/tokenChanges.ts'
import type { ApiKeyRow } from '../../src/server/database/schema.ts'
import { bothDatabases } from '../harness/bothDatabases.ts'

const NOW = 1_700_000_000_000
const END = NOW + 1000

const { databases: DATABASES, postgresUrl } = bothDatabases()

function rowOf(hash: string, changes: Partial<ApiKeyRow> = {}): ApiKeyRow {
  return {
    token_hash: hash,
    id: `key ${hash}`,
    owner_id: 'ana',
    name: 'Relatório',
    scope: 'read',
    created_at: NOW,
    used_at: null,
    expires_at: END,
    revoked_at: null,
    ...changes,
  }
}

const add = ({ write }: Database, row: ApiKeyRow, most = 20) =>
  write('process', queries => insertKey(queries, row, most))

for (const [name, withDatabase] of Object.entries(DATABASES)) {
  describe(`API keys in ${name}`, () => {
    test('what is stored is found, and listed for its owner, the newest first', () =>
      withDatabase(async database => {
        const { queries } = database
        for (const row of [
          rowOf('a'),
          rowOf('b', { created_at: NOW + 1 }),
          rowOf('c', { owner_id: 'bia' }),
          rowOf('d', { expires_at: NOW + 1 }),
        ])
          expect(await add(database, row)).toBe(true)
        expect(await findKey(queries, 'a')).toEqual(rowOf('a'))
        expect(await findKey(queries, 'x')).toBeUndefined()
        const listed = await listKeys(queries, { ownerId: 'ana', now: NOW + 1 })
        expect(listed.map(({ token_hash }) => token_hash)).toEqual(['b', 'a'])
      }))

    test('an owner has as many keys as it may, and an erased one gets none', () =>
      withDatabase(async database => {
        expect(await add(database, rowOf('a'), 1)).toBe(true)
        expect(await add(database, rowOf('b'), 1)).toBe(false)
        expect(await add(database, rowOf('c', { created_at: END }), 1)).toBe(true)
        await database.write('process', queries => markErased(queries, { ownerId: 'bia', at: NOW }))
        await expect(add(database, rowOf('d', { owner_id: 'bia' }))).rejects.toMatchObject({
          code: 'NOT_FOUND',
        })
      }))

    test('the use of a key never goes back', () =>
      withDatabase(async database => {
        await add(database, rowOf('a'))
        for (const at of [NOW + 2, NOW + 1])
          await database.write('process', queries => touchKey(queries, { tokenHash: 'a', at }))
        expect((await findKey(database.queries, 'a'))?.used_at).toBe(NOW + 2)
      }))

    test('a key is revoked once, and by its owner alone', () =>
      withDatabase(async database => {
        for (const hash of ['a', 'b']) await add(database, rowOf(hash))
        const revoke = (ownerId: string, id: string) =>
          database.write('power', queries => revokeKeys(queries, { ownerId, id, at: NOW + 1 }))
        expect(await revoke('bia', 'key a')).toEqual([])
        const [expiresAt, changedAt, revokedAt] = [NOW + 1, NOW + 1, NOW + 1]
        expect(await revoke('ana', 'key a')).toEqual([
          { tokenHash: 'a', id: 'key a', expiresAt, changedAt, revokedAt },
        ])
        expect(await revoke('ana', 'key a')).toEqual([])
        expect(await findKey(database.queries, 'b')).toEqual(rowOf('b'))
      }))

    test('an erasure leaves the hash and the owner alone, of the keys of that owner', () =>
      withDatabase(async database => {
        await add(database, rowOf('a'))
        await add(database, rowOf('b', { owner_id: 'bia' }))
        const at = NOW + 7
        await database.write('power', queries => eraseKeys(queries, { ownerId: 'ana', at }))
        expect(await findKey(database.queries, 'a')).toEqual(
          rowOf('a', { name: '', created_at: at, expires_at: at, revoked_at: at }),
        )
        expect(await findKey(database.queries, 'b')).toEqual(rowOf('b', { owner_id: 'bia' }))
      }))

    test('rows that ended before a time are deleted, slice by slice', () =>
      withDatabase(async database => {
        for (let index = 0; index < 201; index++)
          await add(database, rowOf(`old ${index}`, { owner_id: `o${index}`, expires_at: NOW - 1 }))
        await add(database, rowOf('a', { expires_at: NOW }))
        const sweep = () => database.write('process', queries => deleteSomeEndedKeys(queries, NOW))
        expect([await sweep(), await sweep(), await sweep()]).toEqual([true, true, false])
        const rows = await database.queries.selectFrom('api_keys').select('token_hash').execute()
        expect(rows).toEqual([{ token_hash: 'a' }])
      }))
  })
}

test('PostgreSQL tells a node which keys were revoked after a time', async () => {
  const database = await openPostgres(await postgresUrl())
  try {
    for (const hash of ['a', 'b', 'c']) await add(database, rowOf(hash))
    for (const [id, at] of [
      ['key a', NOW],
      ['key b', NOW + 1],
    ] as const)
      await database.write('process', queries => revokeKeys(queries, { ownerId: 'ana', id, at }))
    expect(await listTokenChanges(database.chores, NOW)).toEqual([
      { tokenHash: 'b', id: 'key b', expiresAt: NOW + 1, changedAt: NOW + 1, revokedAt: NOW + 1 },
    ])
  } finally {
    await database.close()
  }
})
