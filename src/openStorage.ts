import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { AdminNode } from './protocol/admin/adminResponses.ts'
import { type Clock, createSteadyTime } from './server/clock.ts'
import { listKeyChanges } from './server/database/apiKeys.ts'
import type { Database } from './server/database/database.ts'
import { type DatabaseAddress, isPostgres, openDatabase } from './server/database/openDatabase.ts'
import { describeNodes } from './server/database/postgres/describeNodes.ts'
import type { PostgresDatabase } from './server/database/postgres/open.ts'
import { countRequest } from './server/database/postgres/requestCounts.ts'
import { listTokenChanges as listSharedChanges } from './server/database/postgres/tokenChanges.ts'
import { listSessionChanges } from './server/database/sessions.ts'
import { storedSecret } from './server/database/storedSettings.ts'
import type { TokenChange } from './server/database/tokenChange.ts'
import type { Ownership } from './server/generation/takeover.ts'
import type { CountShared } from './server/http/requestCounts.ts'
import { openNode, type StorageEvents } from './server/log/openNode.ts'
import { createNodeClient } from './server/log/relay/nodeClient.ts'
import { RelaySecret } from './server/log/relay/relaySecret.ts'
import type { RelaySource } from './server/log/relay/relaySource.ts'
import type { RunStore } from './server/log/runStore.ts'
import { createSharedDatabase } from './server/log/sharedDatabase.ts'
import { openSqliteRunStore } from './server/log/sqliteRunStore.ts'
import { packageVersion } from './server/packageVersion.ts'
import { NO_REMOTE, type Remote } from './server/runs/remote.ts'

/** The database, and what it makes of the runs in it. */
export interface Storage {
  database: Database
  store: RunStore
  ownership: Ownership
  remote: Remote
  /** What other nodes get from this one. Absent where there are none. */
  relay?: RelaySource
  /** Counts requests over all nodes. Absent where there is one. */
  countShared?: CountShared
  /** The sessions and API keys that any process has ended after this time: another node, or the command of the operator. */
  tokensChangedAfter: (time: number) => Promise<TokenChange[]>
  /** The nodes of this database. Absent where there is one process. */
  nodes?: () => Promise<AdminNode[]>
  /**
   * Resolves if the database takes writes, or did so recently enough. Otherwise rejects with `STORAGE_UNAVAILABLE`. A load
   * balancer asks for it: if it took all nodes away at once, nobody could load the page that says what happens.
   */
  requireReachable(): Promise<void>
  /** A clock for times that are stored and that later processes, or other nodes, compare. Nobody can set it. */
  steadyTime: () => number
  /** What a dead process left counts as left if it was begun before this time. */
  leftBefore: number
  /** How long a run may wait for a database that stores nothing, in milliseconds. */
  patience: number
  /** Begins to watch the other nodes. */
  watch(events: StorageEvents): void
  close(): Promise<void>
}

export interface StorageOptions {
  database: DatabaseAddress
  clock: Clock
  logger: Logger
  /** Where other nodes reach this one. If absent, they read its runs in the database. */
  nodeAddress?: string | undefined
}

/** Throws `DatabaseProblem`. */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const database = await openDatabase(options.database, options.logger)
  try {
    return isPostgres(database) ? await shared(options, database) : await alone(options, database)
  } catch (error) {
    await database.close()
    throw error
  }
}

/** One process has the file. */
async function alone({ clock }: StorageOptions, database: Database): Promise<Storage> {
  const steadyTime = createSteadyTime(clock)
  const { store, ownership } = await openSqliteRunStore({ database, now: clock.now, steadyTime })
  return {
    database,
    store,
    ownership,
    remote: NO_REMOTE,
    tokensChangedAfter: async time => [
      ...(await listSessionChanges(database.queries, time)),
      ...(await listKeyChanges(database.queries, time)),
    ],
    requireReachable: store.sync,
    steadyTime,
    leftBefore: Number.MAX_SAFE_INTEGER,
    patience: 10_000,
    watch() {},
    close: () => database.close(),
  }
}

const HOUR = 60 * 60 * 1000

/** Many nodes share the database. */
async function shared(options: StorageOptions, database: PostgresDatabase): Promise<Storage> {
  const { nodeAddress: address } = options
  const secret = new RelaySecret(await storedSecret(database, 'relay_secret'))
  const node = await openNode({
    ...options,
    shared: createSharedDatabase(database),
    createId: randomUUID,
    secret,
    client: createNodeClient(secret),
    version: packageVersion(),
    address,
  })
  return {
    ...node,
    database,
    countShared: key => countRequest(database.queries, key),
    tokensChangedAfter: time => listSharedChanges(database.chores, time),
    nodes: async () =>
      (await describeNodes(database.chores)).map(each => ({
        ...each,
        beatAgo: Math.round(node.ownership.beatAgo(each.id)),
        isThis: each.id === node.ownership.id,
      })),
    leftBefore: node.steadyTime() - HOUR,
    patience: 60_000,
    async close() {
      await node.close()
      await database.close()
    },
  }
}
