import type { FakeClock } from '../../../harness/fakeClock.ts'
import type { Random } from '../../../harness/random.ts'
import type { DatabaseServer } from './databaseServer.ts'
import type { NodesJudge } from './nodesJudge.ts'
import type { PeerNetwork } from './peerNetwork.ts'
import type { SimulatedNode } from './simulatedNode.ts'

/** Before and after the lease of 12 s, and the 10 s after which a node doubts itself, in milliseconds. */
const FREEZES = [300, 3000, 8000, 11_000, 13_000, 16_000, 30_000]
const CUTS = [500, 3000, 6000, 9000, 12_000, 15_000, 25_000]
const OUTAGES = [100, 1000, 5000, 15_000, 30_000]
/** Below and above the time limits of the driver, in milliseconds. */
const SLOWNESS = [50, 400, 1500, 3000, 8000]
/** How often an answer is lost, or a window is refused. */
const RATES = [0.02, 0.2, 0.5]

/** What things befall. */
export interface Troubled {
  readonly clock: FakeClock
  readonly judge: NodesJudge
  readonly server: DatabaseServer
  readonly network: PeerNetwork
  readonly all: readonly SimulatedNode[]
  /** A node whose process lives. */
  pick(): SimulatedNode | undefined
  /** Begins a process at an address, in place of the one that was there. */
  startNode(address: string): void
}

/** What befalls the nodes and the database of one round, as the seed says. */
export class Troubles {
  readonly #nodes: Troubled
  readonly #random: Random
  /** When something last happened to each process, or ended. */
  readonly #disturbedAt = new WeakMap<SimulatedNode, number>()

  constructor(nodes: Troubled, random: Random) {
    this.#nodes = nodes
    this.#random = random
  }

  /** Draws what happens within the next `ms` simulated milliseconds. */
  plan(ms: number): void {
    const random = this.#random
    const { clock, all } = this.#nodes
    const ofNodes = random.integer(2 * all.length)
    for (let index = 0; index < ofNodes; index++)
      clock.schedule(() => this.#troubleNode(), random.integer(ms))
    for (let index = random.integer(8); index > 0; index--)
      clock.schedule(() => this.#troubleDatabase(), random.integer(ms))
  }

  disturbed(node: SimulatedNode): void {
    this.#disturbedAt.set(node, this.#nodes.clock.now())
  }

  isUndisturbedSince(nodeId: string, at: number): boolean {
    const node = this.#nodes.all.find(({ id }) => id === nodeId)
    if (node?.clock.state !== 'running' || node.connection.isCut) return false
    return (this.#disturbedAt.get(node) ?? 0) <= at
  }

  /** How long a process has been running, in milliseconds. */
  awakeFor(node: SimulatedNode): number {
    return node.clock.state === 'running' ? this.#nodes.clock.now() - (this.#disturbedAt.get(node) ?? 0) : 0
  }

  healAll(): void {
    const { server, network, all } = this.#nodes
    server.recover()
    server.slowness = 3
    server.losesAnswers = 0
    server.refuses = 0
    for (const node of all) {
      node.clock.wake()
      node.connection.heal()
      network.heal(node.address)
    }
  }

  #troubleNode(): void {
    const random = this.#random
    const { judge, network, clock } = this.#nodes
    const node = this.#victim()
    if (!node) return
    this.disturbed(node)
    const after = (ms: number, work: () => void) =>
      clock.schedule(() => {
        work()
        this.disturbed(node)
      }, ms)
    const cutFromDatabase = (ms: number) => {
      node.connection.cut()
      after(ms, () => node.connection.heal())
    }
    const cutFromPeers = (ms: number) => {
      network.cut(node.address)
      after(ms, () => network.heal(node.address))
    }
    const kind = random.pick(['frozen', 'cut', 'cut from peers', 'cut from both', 'killed', 'left'])
    judge.count(`nodes that are ${kind}`)
    switch (kind) {
      case 'frozen':
        node.clock.freeze()
        after(random.pick(FREEZES), () => node.clock.wake())
        break
      case 'cut':
        cutFromDatabase(random.pick(CUTS))
        break
      case 'cut from peers':
        cutFromPeers(random.pick(CUTS))
        break
      case 'cut from both': {
        const ms = random.pick(CUTS)
        cutFromDatabase(ms)
        cutFromPeers(ms)
        break
      }
      case 'killed':
        node.die()
        this.#replace(node)
        break
      default:
        void node.close().catch(() => node.die())
        this.#replace(node)
    }
  }

  #replace(node: SimulatedNode): void {
    const { clock } = this.#nodes
    clock.schedule(
      () => {
        node.die()
        // A new process has a network of its own.
        this.#nodes.network.heal(node.address)
        this.#nodes.startNode(node.address)
      },
      this.#random.pick([50, 1000, 10_000]),
    )
  }

  #troubleDatabase(): void {
    const random = this.#random
    const { server, judge, clock } = this.#nodes
    const during = (ms: number, set: (isOn: boolean) => void) => {
      set(true)
      clock.schedule(() => set(false), ms)
    }
    const seconds = () => 1000 + random.integer(10_000)
    const kind = random.pick(['crashes', 'freezes', 'is slow', 'loses answers', 'refuses windows'])
    judge.count(`times that the database ${kind}`)
    switch (kind) {
      case 'crashes':
        server.crash(random)
        clock.schedule(() => server.recover(), random.pick(OUTAGES))
        break
      case 'freezes':
        server.freeze()
        clock.schedule(() => server.recover(), random.pick(OUTAGES))
        break
      case 'is slow': {
        const slowness = random.pick(SLOWNESS)
        during(seconds(), isOn => {
          server.slowness = isOn ? slowness : 3
        })
        break
      }
      case 'loses answers': {
        const rate = random.pick(RATES)
        during(seconds(), isOn => {
          server.losesAnswers = isOn ? rate : 0
        })
        break
      }
      default: {
        const rate = random.pick(RATES)
        during(seconds(), isOn => {
          server.refuses = isOn ? rate : 0
        })
      }
    }
  }

  /** Half of the time a node that writes a run. */
  #victim(): SimulatedNode | undefined {
    const { all, server } = this.#nodes
    const active = server.postgres.active()
    const { nodeId } = active.length > 0 && this.#random.chance(0.5) ? this.#random.pick(active) : {}
    const writer = all.find(({ id }) => id !== undefined && id === nodeId)
    return writer && writer.clock.state === 'running' ? writer : this.#nodes.pick()
  }
}
