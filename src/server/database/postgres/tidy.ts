import { sql } from 'kysely'
import type { Queries } from '../schema.ts'

/** Any number that no other app takes for its locks. */
const LOCK = 7_266_226_302

/**
 * Adds up what owners have stored since, and forgets old counts of requests. One node at a time does it, because two
 * would wait for each other in a ring.
 */
export async function tidy(queries: Queries): Promise<void> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(${sql.lit(LOCK)}) as locked`.execute(queries)
  if (!rows[0]?.locked) return
  await sql`
    with counted as (delete from owner_storage_changes returning owner_id, bytes)
    insert into owner_storage_sums as stored (owner_id, bytes)
      select owner_id, sum(bytes) from counted group by owner_id
      on conflict (owner_id) do update set bytes = stored.bytes + excluded.bytes`.execute(queries)
  await sql`delete from owner_storage_sums where bytes <= 0`.execute(queries)
  await sql`delete from request_counts where begun_at < now() - interval '2 minutes'`.execute(queries)
}
