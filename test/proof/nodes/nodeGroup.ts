import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { TestClient } from '../../harness/client.ts'
import { createFaultProxy, type FaultProxy } from '../../harness/faultProxy.ts'
import type { TestFolder } from '../../harness/folder.ts'
import { BOUNDS } from '../bounds.ts'
import { type History, type Span, type Trouble, time } from '../history.ts'
import { type At, MortalServer, nextPort } from '../mortalServer.ts'
import type { Address } from '../talker.ts'
import { type Balancer, createBalancer } from './balancer.ts'

/** One process of a group. */
export interface Node {
  readonly name: string
  readonly server: MortalServer
  /** How it reaches the database. */
  readonly database: FaultProxy
  /** How the other nodes reach it. */
  readonly peers: FaultProxy
  /** How far its time of day is from the real one, in milliseconds. */
  readonly clockFile: string
}

export interface NodeGroupOptions {
  count: number
  settings: Record<string, string>
  /** The address of an empty database, as a client without faults reaches it. */
  databaseUrl: string
  history: History
  folder: TestFolder
}

/** How long a node may be slow once a fault is over, in milliseconds. */
const RECOVERY = 10_000

/**
 * Nodes on one database, behind a balancer that gives each request to another one. Each node has a link of its own to
 * the database, and one from the other nodes, so that it can be cut off alone.
 */
export class NodeGroup implements Address, AsyncDisposable {
  readonly nodes: readonly Node[]
  readonly #balancer: Balancer
  readonly #history: History
  readonly #begun = time()

  private constructor(nodes: readonly Node[], balancer: Balancer, history: History) {
    this.nodes = nodes
    this.#balancer = balancer
    this.#history = history
  }

  /** Makes a group whose nodes have not started. */
  static async open(options: NodeGroupOptions): Promise<NodeGroup> {
    const indexes = Array.from({ length: options.count }, (_, index) => index)
    const ports = indexes.map(() => nextPort())
    const nodes = await Promise.all(ports.map((port, index) => openNode(options, { port, index })))
    return new NodeGroup(nodes, await createBalancer(ports), options.history)
  }

  /** Starts all nodes. `points`: where some of them kill themselves. */
  async start(points: ReadonlyMap<Node, At> = new Map()): Promise<void> {
    await Promise.all(this.nodes.map(node => startNode(node, points.get(node))))
  }

  /** A client of the balancer. */
  client(): TestClient {
    return new TestClient(this.#balancer.url)
  }

  up(): Promise<void> {
    return Promise.resolve()
  }

  /** Only the time counts in which nothing was wrong. */
  lived(): number {
    const now = time()
    return now - this.#begun - covered(this.#history.troubles, now)
  }

  /** Sets the time of day of a node. `ms`: how far it is from the real one. */
  setClock(node: Node, ms: number): void {
    writeFileSync(node.clockFile, String(ms))
    node.server.signal('SIGUSR2')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map(({ server }) => server[Symbol.asyncDispose]()))
    await this.#balancer[Symbol.asyncDispose]()
    for (const { database, peers } of this.nodes)
      for (const link of [database, peers]) await link[Symbol.asyncDispose]()
  }
}

async function openNode(
  { settings, databaseUrl, folder }: NodeGroupOptions,
  { port, index }: { port: number; index: number },
): Promise<Node> {
  const url = new URL(databaseUrl)
  const database = await createFaultProxy(Number(url.port))
  url.port = String(database.port)
  const peers = await createFaultProxy(port)
  const clockFile = join(folder.path, `clock-${index}`)
  writeFileSync(clockFile, '0')
  const server = new MortalServer(
    {
      ...settings,
      DATABASE_URL: url.href,
      // All nodes share the store.
      FILES_DIR: join(folder.path, 'files'),
      NODE_ADDRESS: `http://127.0.0.1:${peers.port}`,
      PORT: String(port),
      CLOCK_OFFSET: clockFile,
    },
    port,
  )
  return { name: `node ${index + 1}`, server, database, peers, clockFile }
}

/** Starts a node as often as it takes, because it ends if it cannot reach the database. */
export async function startNode({ server }: Node, at?: At): Promise<void> {
  const deadline = time() + BOUNDS.start
  for (;;) {
    try {
      await server.start({ at })
      return
    } catch (error) {
      if (time() > deadline) throw error
      await delay(100)
    }
  }
}

/** Notes that something is wrong from now on. The result notes that it is over. */
export function beginTrouble(history: History, what: string): Trouble & { over(): void } {
  const trouble = {
    what,
    from: time(),
    to: Number.POSITIVE_INFINITY,
    mendableFrom: Number.POSITIVE_INFINITY,
    over() {
      if (trouble.mendableFrom > time()) trouble.mendableFrom = time()
      trouble.to = Math.max(time() + RECOVERY, trouble.mendableFrom + BOUNDS.takeover)
    },
  }
  history.troubles.push(trouble)
  return trouble
}

/** How much of the time until `now` the spans cover together. */
function covered(spans: readonly Span[], now: number): number {
  let sum = 0
  let end = Number.NEGATIVE_INFINITY
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const until = Math.min(to, now)
    sum += Math.max(0, until - Math.max(from, end))
    end = Math.max(end, until)
  }
  return sum
}
