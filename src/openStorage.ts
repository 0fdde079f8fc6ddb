import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { type Clock, createSteadyTime } from './server/clock.ts'
import type { Database } from './server/database/database.ts'
import { type DatabaseAddress, isPostgres, openDatabase } from './server/database/openDatabase.ts'
import { createNodeDatabase } from './server/database/postgres/nodes.ts'
import type { PostgresDatabase } from './server/database/postgres/open.ts'
import { countRequest } from './server/database/postgres/requestCounts.ts'
import { createSendBatch } from './server/database/postgres/window.ts'
import type { Ownership } from './server/generation/takeover.ts'
import { packageVersion } from './server/http/openapi/packageVersion.ts'
import type { CountShared } from './server/http/requestCounts.ts'
import { NodeWindows } from './server/log/nodeWindows.ts'
import { PostgresNode } from './server/log/postgresNode.ts'
import { createPostgresRunStore } from './server/log/postgresRunStore.ts'
import { RemoteRuns } from './server/log/remoteRuns.ts'
import type { RunStore } from './server/log/runStore.ts'
import { createSharedTime } from './server/log/sharedTime.ts'
import { openSqliteRunStore } from './server/log/sqliteRunStore.ts'
import { NO_REMOTE, type Remote } from './server/runs/remote.ts'

/** What other nodes make this one do. */
export interface StorageEvents {
  /** Whether this process writes the run. */
  knows(runId: string): boolean
  /** A node has died: `ownership.takeOver` gives its runs. */
  onDeath(): void
  /** Another node may write the runs of this one now. */
  onDoubt(): void
  /** Another node has taken over the runs of this one. */
  onFenced(): void
  /** Somebody asked another node to stop these runs. */
  onStops(runIds: readonly string[]): void
  /** Visitors were erased, by any node. */
  onErased(ownerIds: readonly string[]): void
}

/** The database, and what it makes of the runs in it. */
export interface Storage {
  database: Database
  store: RunStore
  ownership: Ownership
  remote: Remote
  /** Counts requests over all nodes. Absent where there is one. */
  countShared?: CountShared
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
  const { clock, logger } = options
  const time = createSharedTime(clock)
  const node = new PostgresNode({
    database: createNodeDatabase(database),
    createId: randomUUID,
    clock,
    time,
    logger,
    version: packageVersion(),
  })
  await node.open()
  let events: StorageEvents | undefined
  const windows = new NodeWindows({
    sendBatch: createSendBatch(database),
    node,
    clock,
    steadyTime: time.now,
    onStops: runIds => events?.onStops(runIds),
  })
  const store = createPostgresRunStore({ database, node, windows })
  const remote = new RemoteRuns({ database, store, node, clock, logger })
  return {
    database,
    store,
    ownership: node,
    remote,
    countShared: key => countRequest(database.queries, key),
    requireReachable: async () => node.requireReachable(),
    steadyTime: time.now,
    leftBefore: time.now() - HOUR,
    patience: 60_000,
    watch(heard) {
      events = heard
      node.start({
        ...heard,
        onSettleAsked: () => windows.settle(),
        onFenced() {
          windows.forget()
          heard.onFenced()
        },
      })
    },
    async close() {
      remote.close()
      windows.close()
      await node.close()
      await database.close()
    },
  }
}
