import type { Pool } from 'pg'
import type { TokenChange } from '../tokenChange.ts'

/**
 * The tokens and API keys whose ends were brought forward after this time. It has a pool of its own, because slow reads
 * must not hold it up.
 */
export async function listTokenChanges(pool: Pool, after: number): Promise<TokenChange[]> {
  const { rows } = await pool.query<TokenChange>(
    `select token_hash as "tokenHash", id, expires_at as "expiresAt", changed_at as "changedAt",
      revoked_at as "revokedAt"
    from sessions where changed_at > $1
    union all
    select token_hash, id, expires_at, revoked_at, revoked_at from api_keys where revoked_at > $1`,
    [after],
  )
  return rows
}
