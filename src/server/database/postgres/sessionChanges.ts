import type { Pool } from 'pg'
import type { SessionChange } from '../sessions.ts'

/** The tokens whose ends were brought forward after this time. It has a pool of its own, because slow reads must not hold it up. */
export async function listSessionChanges(pool: Pool, after: number): Promise<SessionChange[]> {
  const { rows } = await pool.query<SessionChange>(
    `select token_hash as "tokenHash", id, expires_at as "expiresAt", changed_at as "changedAt",
      revoked_at as "revokedAt"
    from sessions where changed_at > $1`,
    [after],
  )
  return rows
}
