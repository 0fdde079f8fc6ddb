import { revokeKeys } from './apiKeys.ts'
import type { Queries } from './schema.ts'
import { listSessionChanges, revokeSessions } from './sessions.ts'
import type { TokenChange } from './tokenChange.ts'

/** The tokens and API keys whose ends were brought forward after this time. */
export async function listTokenChanges(queries: Queries, after: number): Promise<TokenChange[]> {
  const keys = queries
    .selectFrom('api_keys')
    .select(['token_hash as tokenHash', 'id', 'expires_at as expiresAt'])
    .select(['revoked_at as changedAt', 'revoked_at as revokedAt'])
    .where('revoked_at', '>', after)
  return [...(await listSessionChanges(queries, after)), ...(await keys.execute())]
}

/** Revokes all sessions and API keys of an owner. Call it in a turn of the owner. */
export async function revokeEverything(
  queries: Queries,
  { ownerId, at }: { ownerId: string; at: number },
): Promise<TokenChange[]> {
  const sessions = await revokeSessions(queries, { ownerId, at, exceptId: undefined })
  return [...sessions, ...(await revokeKeys(queries, { ownerId, at }))]
}
