import { createHash } from 'node:crypto'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import { Pool, type PoolClient, type PoolConfig, type QueryResult, TypeOverrides } from 'pg'
import { faultOf, isRefusal } from './storageFaults.ts'

export interface PoolOptions {
  config: PoolConfig
  /** Whether statements are prepared by name. An old pooler cannot carry names. */
  namesStatements: boolean
}

/** Milliseconds. The server ends a statement before the driver gives up waiting, so that the connection stays good. */
export const STATEMENT_TIMEOUT = 5000
const QUERY_TIMEOUT = 6000
const CONNECT_TIMEOUT = 5000
/** A transaction that does nothing for this long ends, because a frozen node would keep its locks, in milliseconds. */
export const IDLE_IN_TRANSACTION_TIMEOUT = 5000

/** What every connection is opened with. */
export function connectionConfig(url: string): PoolConfig {
  return {
    connectionString: url,
    application_name: 'riacho',
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    keepAlive: true,
    query_timeout: QUERY_TIMEOUT,
    types: numbersAsNumbers(),
  }
}

/** What a session has to have. A pooler refuses them as parameters of a connection. */
export const SESSION_SETTINGS = {
  statement_timeout: STATEMENT_TIMEOUT,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT,
} as const

/** By default the driver gives 64-bit numbers as text. Every one of ours is a safe integer. */
function numbersAsNumbers(): TypeOverrides {
  const types = new TypeOverrides()
  const INT8 = 20
  types.setTypeParser(INT8, Number)
  return types
}

/** A pool whose lost connections end nothing: without a listener they would end the process. */
export function createPool(config: PoolConfig): Pool {
  const pool = new Pool(config)
  // Whoever uses the connection hears of it anyway.
  pool.on('error', () => {})
  pool.on('connect', client => client.on('error', () => {}))
  return pool
}

/** A pool for Kysely. It names statements, and throws `STORAGE_UNAVAILABLE` when the database cannot be used. */
export function poolForKysely({ config, namesStatements }: PoolOptions): PostgresPool {
  const pool = createPool(config)
  const wrapped = new WeakMap<PoolClient, PostgresPoolClient>()
  return {
    options: pool.options,
    async connect() {
      const client = await pool.connect().catch((error: unknown) => {
        throw faultOf(error)
      })
      const known = wrapped.get(client) ?? wrap(client, namesStatements)
      wrapped.set(client, known)
      return known
    },
    end: () => pool.end(),
  }
}

function wrap(client: PoolClient, namesStatements: boolean): PostgresPoolClient {
  let isBroken = false
  const query = async (text: string, values: readonly unknown[] = []): Promise<QueryResult> => {
    try {
      return await client.query({
        text,
        values: values.map(withoutNul),
        ...(namesStatements && nameOf(text)),
      })
    } catch (error) {
      // After a time limit of the driver the statement still runs, and its answer would be taken for that of the next.
      if (!isRefusal(error)) isBroken = true
      throw faultOf(error)
    }
  }
  return {
    // Kysely also asks by cursor, but only to stream rows, which nothing here does.
    query: query as unknown as PostgresPoolClient['query'],
    release() {
      client.release(isBroken)
    },
  }
}

/** PostgreSQL takes no NUL in a text. JSON escapes it, so that only a title, a search or a checkpoint can have one. */
export function withoutNul(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value
}

const names = new Map<string, { name: string } | undefined>()
/** Texts that are built from lists have no end of forms. */
const MAX_NAMES = 500

/**
 * The name of a statement. One that selects all columns has none, because it would fail once a later version adds a
 * column.
 */
function nameOf(text: string): { name: string } | undefined {
  if (names.has(text)) return names.get(text)
  const isNamed =
    names.size < MAX_NAMES && text.length < 2000 && !/\*(?! *\))|^(begin|commit|rollback)/.test(text)
  const name = isNamed ? { name: createHash('sha1').update(text).digest('base64url') } : undefined
  if (names.size < MAX_NAMES) names.set(text, name)
  return name
}
