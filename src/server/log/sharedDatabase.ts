import { createNodeDatabase, type NodeDatabase } from '../database/postgres/nodes.ts'
import type { PostgresDatabase } from '../database/postgres/open.ts'
import { createRemoteDatabase, type RemoteDatabase } from '../database/postgres/remote.ts'
import { createSendBatch, type SendBatch } from '../database/postgres/window.ts'
import type { NodeWindows } from './nodeWindows.ts'
import { createPostgresRunStore } from './postgresRunStore.ts'
import type { RunStore } from './runStore.ts'

/** What a node asks of the database that all nodes share. */
export interface SharedDatabase {
  readonly nodes: NodeDatabase
  readonly remote: RemoteDatabase
  readonly sendBatch: SendBatch
  /** Makes the store of the runs that `node` writes through its `windows`. */
  createStore(parts: { node: { readonly id: string }; windows: NodeWindows }): RunStore
}

export function createSharedDatabase(database: PostgresDatabase): SharedDatabase {
  return {
    nodes: createNodeDatabase(database),
    remote: createRemoteDatabase(database),
    sendBatch: createSendBatch(database),
    createStore: parts => createPostgresRunStore({ database, ...parts }),
  }
}
