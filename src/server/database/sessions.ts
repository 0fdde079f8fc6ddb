import { type ExpressionBuilder, sql } from 'kysely'
import type { Queries, SessionRow, Tables } from './schema.ts'
import type { TokenChange } from './tokenChange.ts'

/** A session that still counts, as its owner sees it. */
export interface ListedSession {
  id: string
  device: string
  createdAt: number
  usedAt: number
}

/** Named, because a later version may add columns while nodes of this one run. */
const COLUMNS = [
  'token_hash',
  'id',
  'owner_id',
  'account_id',
  'replaced_hash',
  'is_confirmed',
  'is_kept',
  'device',
  'created_at',
  'issued_at',
  'used_at',
  'expires_at',
  'revoked_at',
  'changed_at',
] as const satisfies readonly (keyof SessionRow)[]

const CHANGE = [
  'token_hash as tokenHash',
  'id',
  'expires_at as expiresAt',
  'changed_at as changedAt',
  'revoked_at as revokedAt',
] as const

/** The tokens whose ends were brought forward after this time. */
export function listSessionChanges(queries: Queries, after: number): Promise<TokenChange[]> {
  return queries.selectFrom('sessions').select(CHANGE).where('changed_at', '>', after).execute()
}

/** Stores a session. A row that is there stays as it is, because another request may have come first. */
export async function insertSession(queries: Queries, row: SessionRow): Promise<void> {
  await queries
    .insertInto('sessions')
    .values(row)
    .onConflict(conflict => conflict.doNothing())
    .execute()
}

/** The row of a token, also if it counts no more. */
export function findSession(queries: Queries, tokenHash: string): Promise<SessionRow | undefined> {
  return queries.selectFrom('sessions').select(COLUMNS).where('token_hash', '=', tokenHash).executeTakeFirst()
}

/** A token that was replaced less than this long ago is not replaced again, in milliseconds: a browser opens many tabs at once. */
const REPLACE_PAUSE = 10_000
/** A token that no request came with for this long has not reached its browser, in milliseconds. */
const NEVER_CAME = 60 * 60_000

/**
 * Stores a token that takes the place of another one in the same session. False if that one counts no more, or was replaced
 * a moment ago: then the browser goes on with what it has. Call it in a turn of the owner, because a session that is
 * revoked meanwhile would live on in the new token.
 */
export async function replaceToken(queries: Queries, row: SessionRow): Promise<boolean> {
  const { replaced_hash: replaced, issued_at: now } = row
  const old = replaced === null ? undefined : await findSession(queries, replaced)
  if (!old || old.expires_at <= now) return false
  const others = queries.selectFrom('sessions').where('owner_id', '=', row.owner_id)
  const recent = await others
    .select('token_hash')
    .where('replaced_hash', '=', replaced)
    .where('issued_at', '>', now - REPLACE_PAUSE)
    .executeTakeFirst()
  if (recent) return false
  await queries
    .deleteFrom('sessions')
    .where('owner_id', '=', row.owner_id)
    .where('replaced_hash', '=', replaced)
    .where('is_confirmed', '=', 0)
    .where('issued_at', '<', now - NEVER_CAME)
    .execute()
  await insertSession(queries, row)
  return true
}

/** Records that a token was used. `used_at` never goes back. */
export async function touchSession(
  queries: Queries,
  { tokenHash, at }: { tokenHash: string; at: number },
): Promise<void> {
  await queries
    .updateTable('sessions')
    .set({ used_at: at })
    .where('token_hash', '=', tokenHash)
    .where('used_at', '<', at)
    .execute()
}

/**
 * Records the first request with a token, and ends the tokens before it at `until`. A token that took the same place stays:
 * of two tabs that replaced one token at once, nobody knows whose answer the browser has kept.
 */
export async function confirmToken(
  queries: Queries,
  {
    session,
    at,
    until,
  }: {
    session: Pick<SessionRow, 'token_hash' | 'id' | 'owner_id' | 'replaced_hash'>
    at: number
    until: number
  },
): Promise<TokenChange[]> {
  await queries
    .updateTable('sessions')
    .set({ is_confirmed: 1, used_at: at })
    .where('token_hash', '=', session.token_hash)
    .execute()
  return await queries
    .updateTable('sessions')
    .set({ expires_at: until, changed_at: at })
    .where('owner_id', '=', session.owner_id)
    .where('id', '=', session.id)
    .where('token_hash', '!=', session.token_hash)
    .where(eb => eb.or([eb('replaced_hash', 'is', null), eb('replaced_hash', '!=', session.replaced_hash)]))
    .where('expires_at', '>', until)
    .returning(CHANGE)
    .execute()
}

/** The sessions of an owner that count, the one that was used last first. */
export async function listSessions(
  queries: Queries,
  { ownerId, now }: { ownerId: string; now: number },
): Promise<ListedSession[]> {
  const rows = await queries
    .selectFrom('sessions')
    .select(COLUMNS)
    .where('owner_id', '=', ownerId)
    .where('expires_at', '>', now)
    .orderBy('issued_at')
    .orderBy('token_hash')
    .execute()
  const sessions = [...Map.groupBy(rows, ({ id }) => id).values()].map(tokens => ({
    id: tokens[0]?.id ?? '',
    device: tokens.at(-1)?.device ?? '',
    createdAt: Math.min(...tokens.map(token => token.created_at)),
    usedAt: Math.max(...tokens.map(token => token.used_at)),
  }))
  return sessions.toSorted((one, other) => other.usedAt - one.usedAt || one.id.localeCompare(other.id))
}

/**
 * Revokes sessions of an owner that count: the one with `id`, or all but `exceptId`. Call it in a turn of the owner,
 * because a token may be replaced at the same moment.
 */
export async function revokeSessions(
  queries: Queries,
  which: { ownerId: string; at: number } & ({ id: string } | { exceptId: string | undefined }),
): Promise<TokenChange[]> {
  const { ownerId, at } = which
  let query = queries
    .updateTable('sessions')
    .set({ revoked_at: at, expires_at: at, changed_at: at })
    .where('owner_id', '=', ownerId)
    .where('expires_at', '>', at)
  if ('id' in which) query = query.where('id', '=', which.id)
  else if (which.exceptId !== undefined) query = query.where('id', '!=', which.exceptId)
  return await query.returning(CHANGE).execute()
}

/**
 * Revokes all sessions of an erased owner, and leaves nothing of them but what recognises a late request with an old
 * cookie. The rows go a week later, with others that have ended.
 */
export async function eraseSessions(
  queries: Queries,
  { ownerId, at }: { ownerId: string; at: number },
): Promise<TokenChange[]> {
  return await queries
    .updateTable('sessions')
    .set({
      device: '',
      is_kept: 0,
      created_at: at,
      issued_at: at,
      used_at: at,
      expires_at: at,
      revoked_at: at,
      changed_at: at,
    })
    .where('owner_id', '=', ownerId)
    .returning(CHANGE)
    .execute()
}

/** How many rows one transaction deletes or looks at. */
const MAX_ROWS = 200

/** Deletes some of the rows that ended before `endedBefore`. False if there were none. */
export async function deleteSomeEnded(queries: Queries, endedBefore: number): Promise<boolean> {
  const { numDeletedRows } = await queries
    .deleteFrom('sessions')
    .where('token_hash', 'in', eb =>
      eb
        .selectFrom('sessions')
        .select('token_hash')
        .where('is_kept', '=', sql.lit(0))
        .where('expires_at', '<', endedBefore)
        .orderBy('expires_at')
        .limit(MAX_ROWS),
    )
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Where the next slice of unused sessions begins. */
export type UnusedCursor = Pick<SessionRow, 'used_at' | 'token_hash'>

/**
 * Deletes those of the next sessions not used since `usedBefore` whose owners have no conversation. Gives where to go on.
 * `undefined` if these were the last.
 */
export async function deleteSomeUnused(
  queries: Queries,
  { usedBefore, after }: { usedBefore: number; after: UnusedCursor | undefined },
): Promise<UnusedCursor | undefined> {
  const isLater = (eb: ExpressionBuilder<Tables, 'sessions'>, { used_at, token_hash }: UnusedCursor) =>
    eb.or([
      eb('used_at', '>', used_at),
      eb.and([eb('used_at', '=', used_at), eb('token_hash', '>', token_hash)]),
    ])
  const rows = await queries
    .selectFrom('sessions')
    .select(['used_at', 'token_hash'])
    .where('is_kept', '=', sql.lit(0))
    .where('used_at', '<', usedBefore)
    .$if(after !== undefined, query =>
      query
        .where('used_at', '>=', after?.used_at ?? 0)
        .where(eb => isLater(eb, after ?? { used_at: 0, token_hash: '' })),
    )
    .orderBy('used_at')
    .orderBy('token_hash')
    .limit(MAX_ROWS)
    .execute()
  if (rows.length === 0) return undefined
  await queries
    .deleteFrom('sessions')
    .where(
      'token_hash',
      'in',
      rows.map(row => row.token_hash),
    )
    // Somebody may have used it since.
    .where('used_at', '<', usedBefore)
    .where(eb =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('conversations')
            .select('conversations.id')
            .whereRef('conversations.owner_id', '=', 'sessions.owner_id')
            .where('conversations.deleted_at', 'is', null),
        ),
      ),
    )
    .execute()
  return rows.length === MAX_ROWS ? rows.at(-1) : undefined
}

/** When a session of an owner began that counts. */
export async function findSessionStart(
  queries: Queries,
  { id, ownerId }: { id: string; ownerId: string },
): Promise<number | undefined> {
  const row = await queries
    .selectFrom('sessions')
    .select('created_at')
    .where('owner_id', '=', ownerId)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return row?.created_at
}
