import { setTimeout } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Tables } from '../schema.ts'

type Added = { migrations: { name: string; migrated_at: Date } }
type Schema = Tables & Added

/** How long one node waits for another that migrates, and how often it looks, in milliseconds. */
const WAIT = 120_000
const RETRY = 250
/** Any number that no other app takes for its locks. */
const LOCK = 7_266_226_301

/**
 * Brings the tables up to date, in one transaction. A node waits by asking again, because a statement that waits for a
 * lock would hold up an index that is built meanwhile. Migrations of a later version are left alone, so that a node of
 * this version starts beside nodes of the next one.
 */
export async function migrate(queries: Kysely<Tables>, migrations: Record<string, Migration>): Promise<void> {
  const deadline = performance.now() + WAIT
  while (!(await tryMigrate(queries.withTables<Added>(), migrations))) {
    if (performance.now() > deadline) throw new Error('another node is migrating the database')
    await setTimeout(RETRY)
  }
}

/** False if another node migrates now. */
function tryMigrate(queries: Kysely<Schema>, migrations: Record<string, Migration>): Promise<boolean> {
  return queries.transaction().execute(async queries => {
    const { rows } = await sql<{ locked: boolean }>`
      select pg_try_advisory_xact_lock(${sql.lit(LOCK)}) as locked`.execute(queries)
    if (!rows[0]?.locked) return false
    // A change of a table that waits for a reader stops everyone who comes after it.
    await sql`set local lock_timeout = '1s'`.execute(queries)
    await sql`create table if not exists migrations (name text primary key, migrated_at timestamptz not null)`.execute(
      queries,
    )
    const done = await queries.selectFrom('migrations').select('name').execute()
    const names = new Set(done.map(({ name }) => name))
    for (const [name, { up }] of Object.entries(migrations)) {
      if (names.has(name)) continue
      await up(queries)
      await sql`insert into migrations (name, migrated_at) values (${name}, now())`.execute(queries)
    }
    return true
  })
}
