import { RiachoError } from '../../protocol/errors.ts'
import { findAccount } from './accounts/accounts.ts'
import { isErased } from './owners.ts'
import type { ApiKeyRow, Queries } from './schema.ts'
import type { TokenChange } from './tokenChange.ts'

/** Named, because a later version may add columns while nodes of this one run. */
const COLUMNS = [
  'token_hash',
  'id',
  'owner_id',
  'name',
  'scope',
  'created_at',
  'used_at',
  'expires_at',
  'revoked_at',
] as const satisfies readonly (keyof ApiKeyRow)[]

const CHANGE = [
  'token_hash as tokenHash',
  'id',
  'expires_at as expiresAt',
  'revoked_at as changedAt',
  'revoked_at as revokedAt',
] as const

/**
 * Stores a key, unless its owner has `most` keys that count at `row.created_at`. False if so. Call it in a turn of the
 * owner, because another request may add a key at the same moment. Throws `NOT_FOUND` if the owner was erased, or the account
 * disabled: the request may have been let in before.
 */
export async function insertKey(queries: Queries, row: ApiKeyRow, most: number): Promise<boolean> {
  if (await isErased(queries, row.owner_id)) throw new RiachoError('NOT_FOUND', 'the owner was erased')
  const account = await findAccount(queries, { ownerId: row.owner_id })
  if (account && account.disabled_at !== null) throw new RiachoError('NOT_FOUND', 'the account is disabled')
  const counting = await listKeys(queries, { ownerId: row.owner_id, now: row.created_at })
  if (counting.length >= most) return false
  await queries.insertInto('api_keys').values(row).execute()
  return true
}

/** The keys whose ends were brought forward after this time. */
export function listKeyChanges(queries: Queries, after: number): Promise<TokenChange[]> {
  return queries.selectFrom('api_keys').select(CHANGE).where('revoked_at', '>', after).execute()
}

/** The row of a key, also if it counts no more. */
export function findKey(queries: Queries, tokenHash: string): Promise<ApiKeyRow | undefined> {
  return queries.selectFrom('api_keys').select(COLUMNS).where('token_hash', '=', tokenHash).executeTakeFirst()
}

/** The keys of an owner that count, the newest first. */
export function listKeys(
  queries: Queries,
  { ownerId, now }: { ownerId: string; now: number },
): Promise<ApiKeyRow[]> {
  return queries
    .selectFrom('api_keys')
    .select(COLUMNS)
    .where('owner_id', '=', ownerId)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

/** Records that a key was used. `used_at` never goes back. */
export async function touchKey(
  queries: Queries,
  { tokenHash, at }: { tokenHash: string; at: number },
): Promise<void> {
  await queries
    .updateTable('api_keys')
    .set({ used_at: at })
    .where('token_hash', '=', tokenHash)
    .where('revoked_at', 'is', null)
    .where(eb => eb.or([eb('used_at', 'is', null), eb('used_at', '<', at)]))
    .execute()
}

/** Revokes the keys of an owner that count, or with `id` one of them. */
export async function revokeKeys(
  queries: Queries,
  { ownerId, id, at }: { ownerId: string; id?: string; at: number },
): Promise<TokenChange[]> {
  return await queries
    .updateTable('api_keys')
    .set({ revoked_at: at, expires_at: at })
    .where('owner_id', '=', ownerId)
    .$if(id !== undefined, query => query.where('id', '=', id ?? ''))
    .where('expires_at', '>', at)
    .returning(CHANGE)
    .execute()
}

/**
 * Revokes all keys of an erased owner, and leaves nothing of them but their hashes, because other nodes ask what was
 * revoked. The rows go a week later, with others that have ended.
 */
export async function eraseKeys(
  queries: Queries,
  { ownerId, at }: { ownerId: string; at: number },
): Promise<TokenChange[]> {
  return await queries
    .updateTable('api_keys')
    .set({ name: '', created_at: at, used_at: null, expires_at: at, revoked_at: at })
    .where('owner_id', '=', ownerId)
    .returning(CHANGE)
    .execute()
}

/** How many rows one transaction deletes. */
const MAX_ROWS = 200

/** Deletes some of the rows that ended before `endedBefore`. False if there were none. */
export async function deleteSomeEndedKeys(queries: Queries, endedBefore: number): Promise<boolean> {
  const { numDeletedRows } = await queries
    .deleteFrom('api_keys')
    .where('token_hash', 'in', eb =>
      eb
        .selectFrom('api_keys')
        .select('token_hash')
        .where('expires_at', '<', endedBefore)
        .orderBy('expires_at')
        .limit(MAX_ROWS),
    )
    .executeTakeFirst()
  return numDeletedRows > 0n
}
