import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Queries } from '../schema.ts'

/**
 * Counts one more request under a key, in a minute that begins with its first request. Gives the requests of this minute,
 * and how much of it is left, in milliseconds. The database gets a hash of the key, because a key may have an address.
 */
export async function countRequest(
  queries: Queries,
  key: string,
): Promise<{ requests: number; leftMs: number }> {
  const hash = createHash('sha256').update(key).digest('base64url')
  const { rows } = await sql<{ requests: number; left: number }>`
    with mode as materialized (select set_config('synchronous_commit', 'off', true))
    insert into request_counts as known (key, requests, begun_at) select ${hash}, 1, now() from mode
    on conflict (key) do update set
      requests = case when known.begun_at > now() - interval '1 minute' then known.requests + 1 else 1 end,
      begun_at = case when known.begun_at > now() - interval '1 minute' then known.begun_at else now() end
    returning requests, (extract(epoch from begun_at + interval '1 minute' - now()) * 1000)::int as left`.execute(
    queries,
  )
  return { requests: rows[0]?.requests ?? 1, leftMs: rows[0]?.left ?? 0 }
}
