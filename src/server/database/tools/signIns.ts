import type { Queries } from '../schema.ts'
import type { ToolClientRow, ToolSignInRow, ToolTokensRow } from './toolRows.ts'

type TokensKey = Pick<ToolTokensRow, 'owner_id' | 'server'>

export function findTokens(queries: Queries, { owner_id, server }: TokensKey) {
  return queries
    .selectFrom('tool_tokens')
    .selectAll()
    .where('owner_id', '=', owner_id)
    .where('server', '=', server)
    .executeTakeFirst()
}

/** Whatever was stored before is no longer needed. */
export async function storeTokens(
  queries: Queries,
  row: Omit<ToolTokensRow, 'renewing_until'>,
): Promise<void> {
  const { sealed, created_at } = row
  const fresh = { sealed, created_at, renewing_until: null }
  await queries
    .insertInto('tool_tokens')
    .values({ ...row, renewing_until: null })
    .onConflict(conflict => conflict.columns(['owner_id', 'server']).doUpdateSet(fresh))
    .execute()
}

/** Which tokens, as they were read. */
export type ReadTokens = Pick<ToolTokensRow, 'owner_id' | 'server' | 'sealed'>

/** Lets one node renew these tokens until then. False if another one does, or if others are stored. */
export async function beginRenewal(
  queries: Queries,
  { owner_id, server, sealed }: ReadTokens,
  { now, until }: { now: number; until: number },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('tool_tokens')
    .set({ renewing_until: until })
    .where('owner_id', '=', owner_id)
    .where('server', '=', server)
    .where('sealed', '=', sealed)
    .where(({ or, eb }) => or([eb('renewing_until', 'is', null), eb('renewing_until', '<', now)]))
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** The renewal has failed, and the next one may try at once. */
export async function endRenewal(queries: Queries, { owner_id, server, sealed }: ReadTokens): Promise<void> {
  await queries
    .updateTable('tool_tokens')
    .set({ renewing_until: null })
    .where('owner_id', '=', owner_id)
    .where('server', '=', server)
    .where('sealed', '=', sealed)
    .execute()
}

/** Stores other tokens in place of these. False if others are stored already. */
export async function replaceTokens(
  queries: Queries,
  { owner_id, server, sealed: before }: ReadTokens,
  sealed: string,
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('tool_tokens')
    .set({ sealed, renewing_until: null })
    .where('owner_id', '=', owner_id)
    .where('server', '=', server)
    .where('sealed', '=', before)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Forgets these tokens, unless others are stored by now. */
export async function dropTokens(queries: Queries, row: ReadTokens): Promise<void> {
  await queries
    .deleteFrom('tool_tokens')
    .where('owner_id', '=', row.owner_id)
    .where('server', '=', row.server)
    .where('sealed', '=', row.sealed)
    .execute()
}

/** Gives what was deleted. `undefined`: there were none. */
export function deleteTokens(
  queries: Queries,
  { owner_id, server }: TokensKey,
): Promise<ReadTokens | undefined> {
  return queries
    .deleteFrom('tool_tokens')
    .where('owner_id', '=', owner_id)
    .where('server', '=', server)
    .returning(['owner_id', 'server', 'sealed'])
    .executeTakeFirst()
}

export function listTokens(queries: Queries, ownerId: string): Promise<ToolTokensRow[]> {
  return queries.selectFrom('tool_tokens').selectAll().where('owner_id', '=', ownerId).execute()
}

export async function insertSignIn(queries: Queries, row: ToolSignInRow, now: number): Promise<void> {
  await queries.deleteFrom('tool_sign_ins').where('expires_at', '<', now).execute()
  await queries.insertInto('tool_sign_ins').values(row).execute()
}

/** Whether an owner has begun a sign-in at a server that is not over before `expires_at`, and has not come back. */
export async function hasBegunSince(
  queries: Queries,
  { owner_id, server, expires_at }: Pick<ToolSignInRow, 'owner_id' | 'server' | 'expires_at'>,
): Promise<boolean> {
  const row = await queries
    .selectFrom('tool_sign_ins')
    .select('key')
    .where('owner_id', '=', owner_id)
    .where('server', '=', server)
    .where('expires_at', '>=', expires_at)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Takes a sign-in that was begun, once. Only whoever began it takes it. */
export async function takeSignIn(
  queries: Queries,
  {
    key,
    ownerId,
    sessionId,
    now,
  }: { key: string; ownerId: string; sessionId: string | undefined; now: number },
): Promise<ToolSignInRow | undefined> {
  const row = await queries
    .deleteFrom('tool_sign_ins')
    .where('key', '=', key)
    .where('owner_id', '=', ownerId)
    .where('session_id', sessionId === undefined ? 'is' : '=', sessionId ?? null)
    .returningAll()
    .executeTakeFirst()
  return row && row.expires_at > now ? row : undefined
}

/** Erases what lets an owner use servers of tools. Gives the tokens, which are good at their issuers as long as nobody revokes them. */
export async function forgetToolSignIns(queries: Queries, ownerId: string): Promise<ReadTokens[]> {
  await queries.deleteFrom('tool_sign_ins').where('owner_id', '=', ownerId).execute()
  return queries
    .deleteFrom('tool_tokens')
    .where('owner_id', '=', ownerId)
    .returning(['owner_id', 'server', 'sealed'])
    .execute()
}

/** Gives an account what a visitor has, except where the account has its own. */
export async function moveToolTokens(
  queries: Queries,
  { from, to }: { from: string; to: string },
): Promise<void> {
  const own = queries.selectFrom('tool_tokens').select('server').where('owner_id', '=', to)
  await queries
    .updateTable('tool_tokens')
    .set({ owner_id: to })
    .where('owner_id', '=', from)
    .where('server', 'not in', own)
    .execute()
  await forgetToolSignIns(queries, from)
}

type ClientKey = Pick<ToolClientRow, 'server' | 'issuer' | 'redirect_uri'>

export function findClient(queries: Queries, { server, issuer, redirect_uri }: ClientKey) {
  return queries
    .selectFrom('tool_clients')
    .selectAll()
    .where('server', '=', server)
    .where('issuer', '=', issuer)
    .where('redirect_uri', '=', redirect_uri)
    .executeTakeFirst()
}

export async function storeClient(queries: Queries, row: ToolClientRow): Promise<void> {
  const { sealed } = row
  await queries
    .insertInto('tool_clients')
    .values(row)
    .onConflict(conflict => conflict.columns(['server', 'issuer', 'redirect_uri']).doUpdateSet({ sealed }))
    .execute()
}

/** Changes what is sealed. False if somebody else has changed it since it was read. */
export async function replaceClient(
  queries: Queries,
  { sealed: before, ...key }: ToolClientRow,
  sealed: string,
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('tool_clients')
    .set({ sealed })
    .where('server', '=', key.server)
    .where('issuer', '=', key.issuer)
    .where('redirect_uri', '=', key.redirect_uri)
    .where('sealed', '=', before)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export function listClients(queries: Queries, { server, issuer }: Omit<ClientKey, 'redirect_uri'>) {
  return queries
    .selectFrom('tool_clients')
    .selectAll()
    .where('server', '=', server)
    .where('issuer', '=', issuer)
    .execute()
}

/** Deletes it, unless it is stored in another way by now. */
export async function deleteClient(queries: Queries, row: ToolClientRow): Promise<void> {
  await queries
    .deleteFrom('tool_clients')
    .where('server', '=', row.server)
    .where('issuer', '=', row.issuer)
    .where('redirect_uri', '=', row.redirect_uri)
    .where('sealed', '=', row.sealed)
    .execute()
}
