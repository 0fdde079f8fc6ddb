import { Kysely, PostgresAdapter, PostgresDialect, sql } from 'kysely'
import { DatabaseError, type Pool } from 'pg'
import { RiachoError } from '../../../protocol/errors.ts'
import type { Database } from '../database.ts'
import { DatabaseProblem } from '../databaseProblem.ts'
import { eraseSlice } from '../eraseSlice.ts'
import type { Tables } from '../schema.ts'
import { postgresDialect } from './dialect.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { connectionConfig, createPool, poolForKysely, SESSION_SETTINGS } from './pool.ts'
import { wordsOf } from './storageFaults.ts'
import { tidy } from './tidy.ts'
import { createWrite, createWriteFor } from './write.ts'

/** Connections for requests. Windows and beats have their own, so that slow reads cannot hold them up. */
const POOL_SIZE = 8
const OLDEST_VERSION = 150_000
/** How long a node waits for the answer to a beat, or to a look at the others, in milliseconds. */
const BEAT_TIMEOUT = 2000

/**
 * Opens the PostgreSQL database that `url` names, and brings its tables up to date. Throws `DatabaseProblem`.
 *
 * With `?pgbouncer=true` in the address, no statement is prepared by name and no session setting is sent.
 */
export async function openPostgres(url: string): Promise<PostgresDatabase> {
  const { isPooled, config } = readAddress(url)
  const settings = isPooled ? {} : SESSION_SETTINGS
  const pool = poolForKysely({
    config: { ...config, ...settings, max: POOL_SIZE },
    namesStatements: !isPooled,
  })
  const queries = new Kysely<Tables>({ dialect: new Dialect({ pool }) })
  try {
    await requireVersion(queries)
    await migrate(queries, migrations)
  } catch (error) {
    await queries.destroy()
    throw new DatabaseProblem(openingProblem(url, error))
  }
  const single = { ...config, ...settings, max: 1 }
  const windows = createPool(single)
  // A beat that hangs must leave time for the next ones.
  const quick = { ...single, query_timeout: BEAT_TIMEOUT, connectionTimeoutMillis: BEAT_TIMEOUT }
  const [beats, looks, chores] = [createPool(quick), createPool(quick), createPool(quick)]
  const closed = new AbortController()
  const write = createWrite(queries, closed.signal)
  return {
    queries,
    read: work => queries.transaction().setIsolationLevel('repeatable read').execute(work),
    write,
    writeFor: createWriteFor(write),
    eraseSome: ({ id }) => write('process', queries => eraseSlice(queries, id)),
    erase: (_at, work) => write('process', work),
    // What was erased is gone from every answer. Its dead rows go with the next vacuum.
    async purge() {},
    tidy: () => write('process', tidy),
    windows,
    beats,
    looks,
    chores,
    namesStatements: !isPooled,
    async close() {
      closed.abort()
      await Promise.all([queries.destroy(), windows.end(), beats.end(), looks.end(), chores.end()])
    },
  }
}

export interface PostgresDatabase extends Database {
  /**
   * One connection for the text of runs, one for the beats of the node, one to look at the others, and one for all else
   * that a node asks from time to time. None of them waits for another.
   */
  readonly windows: Pool
  readonly beats: Pool
  readonly looks: Pool
  readonly chores: Pool
  /** Whether statements are prepared by name. */
  readonly namesStatements: boolean
}

class Dialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new (class extends PostgresAdapter {
      readonly dialect = postgresDialect
    })()
  }
}

/** What an address says. Throws `DatabaseProblem`. */
export function readAddress(url: string) {
  const address = URL.parse(url)
  const sslmode = address?.searchParams.get('sslmode') ?? ''
  if (!address?.hostname)
    throw new DatabaseProblem(
      'DATABASE_URL is not an address of PostgreSQL; expected such as postgres://riacho:password@localhost:5432/riacho.',
    )
  if (sslmode && !['verify-full', 'no-verify', 'disable'].includes(sslmode))
    throw new DatabaseProblem(
      `DATABASE_URL has sslmode=${sslmode}; expected verify-full, no-verify or disable.`,
    )
  const isPooled = address.searchParams.get('pgbouncer') === 'true'
  address.searchParams.delete('pgbouncer')
  return { isPooled, config: connectionConfig(address.href) }
}

async function requireVersion(queries: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ version: string; number: string }>`
    select current_setting('server_version') as version, current_setting('server_version_num') as number`.execute(
    queries,
  )
  const { version = '', number = 0 } = rows[0] ?? {}
  if (Number(number) < OLDEST_VERSION)
    throw new DatabaseProblem(`PostgreSQL is version ${version}; Riacho needs 15 or later.`)
}

/** Says in one sentence for the operator why the database cannot be opened. Without its password. */
function openingProblem(url: string, error: unknown): string {
  if (error instanceof DatabaseProblem) return error.message
  const { username, hostname, port, pathname } = new URL(url)
  const cause = error instanceof RiachoError ? error.details.cause : error
  const place = `${hostname}:${port || 5432}`
  const code = cause instanceof DatabaseError ? cause.code : undefined
  if (code === '28P01' || code === '28000')
    return `PostgreSQL at ${place} refuses the user ${decodeURIComponent(username)}: check name and password in DATABASE_URL.`
  if (code === '3D000')
    return `PostgreSQL at ${place} has no database ${decodeURIComponent(pathname.slice(1))}: create it, or name another one in DATABASE_URL.`
  const said = wordsOf(cause)
  if (code === undefined) return `PostgreSQL at ${place} cannot be reached: ${said}.`
  return `The database at ${place} cannot be opened: ${said}.`
}
