import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { NodeWindows } from './nodeWindows.ts'
import { PostgresNode } from './postgresNode.ts'
import type { NodeClient } from './relay/nodeClient.ts'
import { RelayLinks } from './relay/relayLinks.ts'
import type { RelaySecret } from './relay/relaySecret.ts'
import { RelaySource } from './relay/relaySource.ts'
import { RemoteRuns } from './remoteRuns.ts'
import type { RunStore } from './runStore.ts'
import type { SharedDatabase } from './sharedDatabase.ts'
import { createSharedTime } from './sharedTime.ts'
import type { StoredLog } from './storedLog.ts'

/** What other nodes make this one do. */
export interface StorageEvents {
  /** The log of a run, if this process writes it. */
  log(runId: string): StoredLog | undefined
  /** A node has died: `ownership.takeOver` gives its runs. */
  onDeath(): void
  /** This node has lost the database. Another one may write its runs now. */
  onDoubt(): void
  /** Another node has taken over the runs of this one. */
  onFenced(): void
  /** Somebody asked another node to stop these runs. */
  onStops(runIds: readonly string[]): void
}

export interface OpenNodeOptions {
  shared: SharedDatabase
  /** Makes the id of a life of this node. */
  createId: () => string
  secret: RelaySecret
  client: NodeClient
  clock: Clock
  logger: Logger
  version: string
  /** Where other nodes reach this one. If absent, they read its runs in the database. */
  address?: string | undefined
}

/** One node of many: its life, the runs that it writes, and those of others that it follows. */
export interface OpenedNode {
  readonly store: RunStore
  readonly ownership: PostgresNode
  readonly remote: RemoteRuns
  /** What other nodes get from this one. */
  readonly relay: RelaySource
  /** The time of the database, as this node reckons it. */
  readonly steadyTime: () => number
  /** Rejects with `STORAGE_UNAVAILABLE` if the database has not answered lately. */
  requireReachable(): Promise<void>
  /** Begins to watch the other nodes. */
  watch(events: StorageEvents): void
  close(): Promise<void>
}

/** Registers this process as one node of many, and puts together what its runs need. */
export async function openNode(options: OpenNodeOptions): Promise<OpenedNode> {
  const { shared, secret, client, clock, logger } = options
  const time = createSharedTime(clock)
  const node = new PostgresNode({ ...options, database: shared.nodes, time })
  await node.open()
  let events: StorageEvents | undefined
  const windows = new NodeWindows({
    sendBatch: shared.sendBatch,
    node,
    clock,
    steadyTime: time.now,
    onStops: runIds => events?.onStops(runIds),
  })
  const store = shared.createStore({ node, windows })
  const relay = new RelaySource({ secret, node, lastBatch: () => windows.lastBatch, clock })
  const links = new RelayLinks({ client, node, clock, logger })
  const remote = new RemoteRuns({ database: shared.remote, store, node, links, clock, logger })
  return {
    store,
    ownership: node,
    remote,
    relay,
    requireReachable: async () => node.requireReachable(),
    steadyTime: time.now,
    watch(heard) {
      events = heard
      relay.start({ log: heard.log, stop: heard.onStops })
      node.start({
        ...heard,
        knows: runId => heard.log(runId) !== undefined,
        onDoubt() {
          relay.cut()
          remote.cutFollowers()
          heard.onDoubt()
        },
        onSettleAsked: () => windows.settle(),
        onFenced() {
          relay.cut()
          windows.forget()
          heard.onFenced()
        },
      })
    },
    async close() {
      remote.close()
      relay.cut()
      await links.close()
      windows.close()
      await node.close()
    },
  }
}
