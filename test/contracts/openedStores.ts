import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { RiachoError } from '../../src/protocol/errors.ts'
import { systemClock } from '../../src/server/clock.ts'
import { insertConversation } from '../../src/server/database/conversations.ts'
import type { Database } from '../../src/server/database/database.ts'
import { insertMessage } from '../../src/server/database/messages.ts'
import { createNodeDatabase } from '../../src/server/database/postgres/nodes.ts'
import { openPostgres, type PostgresDatabase } from '../../src/server/database/postgres/open.ts'
import { createSendBatch } from '../../src/server/database/postgres/window.ts'
import { openSqlite } from '../../src/server/database/sqlite/open.ts'
import type { Ownership } from '../../src/server/generation/takeover.ts'
import { NodeWindows } from '../../src/server/log/nodeWindows.ts'
import { PostgresNode } from '../../src/server/log/postgresNode.ts'
import { createPostgresRunStore } from '../../src/server/log/postgresRunStore.ts'
import type { NewRun, RunStore } from '../../src/server/log/runStore.ts'
import { openSqliteRunStore } from '../../src/server/log/sqliteRunStore.ts'
import { createFakeClock, type FakeClock } from '../harness/fakeClock.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { silentLogger } from '../harness/log.ts'
import { type PostgresServer, startPostgres } from '../harness/postgres.ts'
import { createRandom, type Random } from '../harness/random.ts'
import {
  createMemoryStore,
  createScriptedStore,
  createUnreliableStore,
  type MemoryStore,
} from '../harness/runStores.ts'

/** The time at which ends are stored. */
export const NOW = 1_700_000_000_000

export interface OpenedStore {
  readonly store: RunStore
  /** Stores a run in a transaction that holds nothing else. */
  accept(run: NewRun): Promise<void>
  /** Opens the store again, as the next process does. */
  reopen(): Promise<RunStore>
}

/** Opens a store, and closes it when `work` is done. */
type WithStore = (work: (opened: OpenedStore) => Promise<void>) => Promise<void>

/**
 * Every implementation. The doubles are among them, because a proof that uses a double needs it to keep the same
 * contract.
 */
export const STORES: Record<string, WithStore> = {
  SQLite: work => withSqlite(work),
  PostgreSQL: work => withPostgres(work),
  memory: work => work(inMemory(createMemoryStore({ now: () => NOW }))),
  'the scripted store': work => work(inMemory(createScriptedStore())),
  'the unreliable store, asked until it takes it,': work => {
    const clock = createFakeClock(NOW)
    const drawn = createRandom(7)
    const random: Random = { ...drawn, chance: () => drawn.next() < 0.5 }
    return work(inMemory(insistent(createUnreliableStore(clock, random), clock)))
  },
}

/** The server that the tests of a file share. */
let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

export interface OpenedPostgres extends OpenedStore {
  readonly database: PostgresDatabase
  readonly node: PostgresNode
}

/** A node on an empty database of a real server. */
export async function withPostgres(work: (opened: OpenedPostgres) => Promise<void>): Promise<void> {
  const database = await openPostgres(await postgres.createDatabase())
  const opened: NodeWindows[] = []
  const nodes = createNodeDatabase(database)
  const clock = { ...systemClock, now: () => NOW }
  const open = async () => {
    const time = { learn() {} }
    const createId = randomUUID
    const node = new PostgresNode({
      database: nodes,
      createId,
      clock,
      time,
      logger: silentLogger,
      version: '0',
    })
    await node.open()
    const sendBatch = createSendBatch(database)
    const windows = new NodeWindows({ sendBatch, node, clock, steadyTime: () => NOW, onStops() {} })
    opened.push(windows)
    return { node, store: createPostgresRunStore({ database, node, windows }) }
  }
  try {
    const { node, store } = await open()
    await work({
      database,
      node,
      store,
      accept: run => acceptIn(database, store, run),
      async reopen() {
        const next = await open()
        await nodes.takeOver({ id: node.id, beat: 0, by: next.node.id })
        return next.store
      },
    })
  } finally {
    for (const windows of opened) windows.close()
    await database.close()
  }
}

export interface OpenedSqlite extends OpenedStore {
  readonly database: Database
  readonly ownership: Ownership
}

export async function withSqlite(work: (opened: OpenedSqlite) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  const database = await openSqlite(join(folder.path, 'riacho.db'), silentLogger)
  try {
    const open = () => openSqliteRunStore({ database, now: () => NOW, steadyTime: () => NOW })
    const { store, ownership } = await open()
    await work({
      database,
      store,
      ownership,
      accept: run => acceptIn(database, store, run),
      reopen: async () => (await open()).store,
    })
  } finally {
    await database.close()
  }
}

/** Stores a run together with its conversation and its user message. */
export function acceptIn(database: Database, store: RunStore, run: NewRun): Promise<void> {
  const { start, ownerId } = run
  return database.write('power', async queries => {
    await insertConversation(queries, {
      id: start.conversationId,
      owner_id: ownerId,
      title: '',
      status: 'OPEN',
      archived: 0,
      pinned: 0,
      title_final: 1,
      assistant: start.assistant,
      head_message_id: start.userMessageId,
      created_at: 1,
      updated_at: 1,
    })
    await insertMessage(queries, {
      id: start.userMessageId,
      conversation_id: start.conversationId,
      owner_id: ownerId,
      role: 'USER',
      parts: '[]',
      created_at: 1,
    })
    await store.accept(queries, run)
  })
}

/** A store in memory, which lives as long as the test. */
function inMemory(store: MemoryStore): OpenedStore {
  return { store, accept: run => store.accept(undefined, run), reopen: async () => store }
}

/** Repeats a commit while the store refuses. A refused commit stored nothing, so the repeat can succeed. */
function insistent(store: MemoryStore, clock: FakeClock): MemoryStore {
  return {
    ...store,
    async commit(writes, durability) {
      for (;;) {
        const commit = store.commit(writes, durability).then(
          () => true,
          (error: unknown) => {
            if (error instanceof RiachoError) return false
            throw error
          },
        )
        const [isStored] = await Promise.all([commit, clock.advance(15_000)])
        if (isStored) return
      }
    },
  }
}
