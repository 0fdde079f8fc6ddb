import type { Logger } from 'pino'
import { type ActiveRuns, createActiveRuns } from '../../../../src/server/generation/activeRuns.ts'
import type { ProviderRequest } from '../../../../src/server/generation/provider.ts'
import { WaitingEnds } from '../../../../src/server/generation/waitingEnds.ts'
import { CommitWindow } from '../../../../src/server/log/commitWindow.ts'
import { type OpenedNode, openNode } from '../../../../src/server/log/openNode.ts'
import type { RelaySecret } from '../../../../src/server/log/relay/relaySecret.ts'
import type { NewRun } from '../../../../src/server/log/runStore.ts'
import { createFollow } from '../../../../src/server/runs/follow.ts'
import { takeOverAndWatch } from '../../../../src/takeOverAndWatch.ts'
import type { FakeClock } from '../../../harness/fakeClock.ts'
import type { Random } from '../../../harness/random.ts'
import { DatabaseConnection, type DatabaseServer, LostAnswer, shareDatabase } from './databaseServer.ts'
import { NodeClock } from './nodeClock.ts'
import type { Peer, PeerNetwork } from './peerNetwork.ts'
import type { Upstream } from './upstreamOfAll.ts'

/** As in `src/openStorage.ts`. */
const PATIENCE = 60_000
/** How often a node asks what became of a run whose acceptance got no answer, in milliseconds. */
const FATE_INTERVAL = 250

export interface SimulatedNodeOptions {
  address: string
  clock: FakeClock
  random: Random
  server: DatabaseServer
  network: PeerNetwork
  upstream: Upstream
  secret: RelaySecret
  logger: Logger
  createId: () => string
}

/** The parts of a server process that write and follow runs, as one node of many has them. */
export class SimulatedNode implements Peer {
  readonly address: string
  readonly clock: NodeClock
  readonly connection: DatabaseConnection
  readonly #options: SimulatedNodeOptions
  readonly #gone = new AbortController()
  #opened: OpenedNode | undefined
  #runs: ActiveRuns | undefined
  #window: CommitWindow | undefined
  #follow: ReturnType<typeof createFollow> | undefined

  constructor(options: SimulatedNodeOptions) {
    const { address, clock, random, server } = options
    this.#options = options
    this.address = address
    this.clock = new NodeClock(clock, random.fork())
    this.connection = new DatabaseConnection({ server, clock: this.clock, random: random.fork() })
  }

  get relay() {
    return this.#opened?.relay
  }

  /** The id of its life. `undefined` until it has started. */
  get id(): string | undefined {
    return this.#follow && this.#opened?.ownership.id
  }

  get follow(): ReturnType<typeof createFollow> | undefined {
    return this.#follow
  }

  /** Whether it writes the run. */
  writes(runId: string): boolean {
    return this.#runs?.log(runId) !== undefined
  }

  /** Registers, and takes over what dead nodes have left. Throws if the database does not answer. */
  async start(): Promise<void> {
    const { server, network, random, logger, createId, secret, address, upstream } = this.#options
    const opened = await openNode({
      shared: shareDatabase(server.postgres, this.connection),
      createId,
      secret,
      client: network.clientOf(this),
      clock: this.clock,
      logger,
      version: '0',
      address,
    })
    const { store, remote } = opened
    const window = new CommitWindow({
      store,
      clock: this.clock,
      logger,
      windowMs: 25,
      onRefused(forMs) {
        if (forMs >= PATIENCE) for (const run of runs.active()) void run.fail('STORAGE_UNAVAILABLE')
      },
      onUnstorable: ({ start }) => runs.giveUp(start.runId),
    })
    const runs = createActiveRuns({
      provider: upstream.providerFor(this.clock, this.#gone.signal),
      window,
      clock: this.clock,
      logger,
      random: random.fork().next,
      maxAttempts: 3,
      maxReplyLength: 1_000_000,
    })
    this.#opened = opened
    this.#window = window
    this.#runs = runs
    network.join(this)
    const { resume } = await takeOverAndWatch({
      storage: opened,
      runs,
      waitingEnds: new WaitingEnds({ store, clock: this.clock, logger }),
      logger,
      canResume: true,
      settleLeft: async () => {},
    })
    this.#follow = createFollow({ store, runs, remote })
    await resume()
  }

  /** Accepts a run as `messages/acceptRun.ts` does, and starts it once it is stored. */
  async accept(run: NewRun, request: ProviderRequest): Promise<void> {
    const { server } = this.#options
    const prepared = this.#runs?.prepare(run)
    try {
      await this.#opened?.store.accept(undefined as never, run)
    } catch (error) {
      if (!(error instanceof LostAnswer)) return prepared?.discard()
      for (let isStored: boolean | undefined; isStored === undefined; ) {
        await new Promise<void>(resolve => this.clock.schedule(resolve, FATE_INTERVAL))
        isStored = await this.connection
          .ask('query', () => server.postgres.run(run.start.runId) !== undefined)
          .catch(() => undefined)
        if (isStored === false) return prepared?.discard()
      }
    }
    prepared?.start({ request })
  }

  stop(runId: string): void {
    void this.#runs?.stop(runId)?.catch(() => {})
  }

  /** Ends as SIGKILL does. */
  die(): void {
    this.clock.die()
    this.#gone.abort()
    this.#options.network.leave(this)
  }

  /** Leaves as after SIGTERM, without waiting for its runs. */
  async close(): Promise<void> {
    this.#window?.close()
    await this.#opened?.close()
    this.die()
  }
}
