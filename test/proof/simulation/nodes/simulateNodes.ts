import { RelaySecret } from '../../../../src/server/log/relay/relaySecret.ts'
import type { NewRun } from '../../../../src/server/log/runStore.ts'
import { firstEvents } from '../../../../src/server/log/storedLog.ts'
import { createFakeClock } from '../../../harness/fakeClock.ts'
import { silentLogger } from '../../../harness/log.ts'
import { createRandom, type Random } from '../../../harness/random.ts'
import type { Round } from '../../rounds.ts'
import { DatabaseServer } from './databaseServer.ts'
import { FakePostgres } from './fakePostgres.ts'
import { NodesJudge } from './nodesJudge.ts'
import { PeerNetwork } from './peerNetwork.ts'
import { RoamingReader } from './roamingReader.ts'
import { SimulatedNode } from './simulatedNode.ts'
import { type Troubled, Troubles } from './troubles.ts'
import { Upstream } from './upstreamOfAll.ts'

const OWNER = 'owner-1'
/** Runs begin, and troubles come, for this long, in simulated milliseconds. */
const TROUBLED = 60_000
/** Then everything is whole again, and every run must have ended within this time, in simulated milliseconds. */
const BOUND = 240_000
/** How often the judge looks, in simulated milliseconds. */
const LOOK_INTERVAL = 500
/** After this long awake a node that was taken over has to have sent its readers away, in milliseconds. */
const LONGEST_DOUBT = 4000

/**
 * Plays `nodes` nodes on one database, for a minute in which they freeze, die, lose each other and the database, and the
 * database crashes, freezes, answers late and loses answers, all as `seed` says. Then it waits for the end of every run.
 */
export function simulateNodes(seed: number, { nodes }: { nodes: number }): Promise<Round> {
  return new Nodes(seed, nodes).play()
}

/** The processes of one round, the database, and what befalls them. */
class Nodes implements Troubled {
  readonly clock = createFakeClock()
  readonly random: Random
  readonly judge: NodesJudge
  readonly server: DatabaseServer
  readonly network: PeerNetwork
  readonly all: SimulatedNode[] = []
  readonly #seed: number
  readonly #size: number
  readonly #upstream: Upstream
  readonly #secret = new RelaySecret('secret')
  readonly #readers = new Map<string, RoamingReader[]>()
  readonly #troubles: Troubles
  #lastId = 0
  #lastRun = 0

  constructor(seed: number, size: number) {
    this.#seed = seed
    this.#size = size
    this.random = createRandom(seed)
    const { clock } = this
    this.judge = new NodesJudge({
      now: () => clock.now() - clock.start,
      isUndisturbedSince: (nodeId, at) => this.#troubles.isUndisturbedSince(nodeId, at + clock.start),
    })
    this.server = new DatabaseServer(new FakePostgres(clock.now, this.judge), clock)
    this.network = new PeerNetwork(clock, this.random.fork())
    this.#upstream = new Upstream(this.random.fork())
    this.#troubles = new Troubles(this, this.random.fork())
  }

  async play(): Promise<Round> {
    const { clock, judge, random, server } = this
    for (let index = 0; index < this.#size; index++) this.startNode(`http://node-${index}`)
    await clock.advance(1000)
    const runs = this.#size + random.integer(this.#size)
    for (let index = 0; index < runs; index++)
      clock.schedule(() => this.#beginRun(), random.integer(TROUBLED))
    this.#troubles.plan(TROUBLED)
    await this.#pass(TROUBLED)
    this.#troubles.healAll()
    const until = clock.now() + BOUND
    while (server.postgres.active().length > 0 && clock.now() < until) await this.#pass(5000)
    for (const { runId, nodeId } of server.postgres.active())
      judge.violation(`${runId} has no end, and ${nodeId} is to write it`)
    await this.#pass(60_000)
    this.#judgeAll()
    for (const node of this.all) node.die()
    const counts = judge.counts
    return { seed: this.#seed, what: 'simulated', runs: judge.size, counts, violations: judge.violations }
  }

  /** Begins a process at an address. If the database does not answer, it begins again, as a supervisor does. */
  startNode(address: string): void {
    const node = new SimulatedNode({
      address,
      clock: this.clock,
      random: this.random.fork(),
      server: this.server,
      network: this.network,
      upstream: this.#upstream,
      secret: this.#secret,
      logger: silentLogger,
      createId: () => this.#createId(),
    })
    const index = this.all.findIndex(other => other.address === address)
    if (index === -1) this.all.push(node)
    else this.all[index] = node
    this.#troubles.disturbed(node)
    node.start().catch(() => {
      if (node.clock.state === 'dead') return
      node.die()
      this.clock.schedule(() => this.startNode(address), 1000)
    })
  }

  pick(): SimulatedNode | undefined {
    const living = this.all.filter(node => node.follow && node.clock.state !== 'dead')
    return living.length > 0 ? this.random.pick(living) : undefined
  }

  #createId(): string {
    this.#lastId += 1
    return `life-${this.#lastId}`
  }

  async #pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += LOOK_INTERVAL) {
      await this.clock.advance(LOOK_INTERVAL)
      this.#look()
    }
  }

  #look(): void {
    const { server, judge } = this
    const { state, slowness, losesAnswers, refuses } = server
    const isUp = state === 'up' && slowness < 200 && losesAnswers + refuses === 0
    const byId = new Map(this.all.map(node => [node.id, node]))
    const reaches = (node: SimulatedNode | undefined) =>
      !!node && isUp && node.clock.state === 'running' && !node.connection.isCut
    judge.look(
      server.postgres.active().map(({ runId, nodeId }) => {
        const node = byId.get(nodeId)
        const isReached = reaches(node)
        // The network may bring the beat of a node that is cut off, or dead, long after it was sent.
        const leasedAt = isReached ? 0 : server.postgres.beatAt(nodeId) - this.clock.start
        return { runId, nodeId, isOwned: isReached && !!node?.writes(runId), leasedAt }
      }),
      isUp && this.all.some(node => node.follow && reaches(node)),
    )
  }

  #beginRun(): void {
    const { random, clock } = this
    const node = this.pick()
    if (!node) return
    this.#lastRun += 1
    const runId = `run-${this.#lastRun}`
    const start = {
      runId,
      conversationId: `conversation-${runId}`,
      userMessageId: `question-${runId}`,
      messageId: `reply-${runId}`,
      model: 'test-model',
      assistant: 'riacho',
    }
    const run: NewRun = { ownerId: OWNER, start, startedAt: clock.now(), stored: firstEvents(start) }
    const request = { model: 'test-model', instructions: runId, history: [], locale: 'en' } as const
    node.clock.receive(() => void node.accept(run, request))
    const readers = Array.from({ length: random.integer(3) }, () => this.#newReader(runId))
    this.#readers.set(runId, readers)
    for (const reader of readers) clock.schedule(() => reader.join(), 50 + random.integer(3000))
    if (random.chance(0.1))
      clock.schedule(() => {
        for (const other of this.all) other.clock.receive(() => other.stop(runId))
      }, random.integer(20_000))
  }

  #newReader(runId: string): RoamingReader {
    return new RoamingReader({
      runId,
      ownerId: OWNER,
      clock: this.clock,
      random: this.random.fork(),
      nodeOf: () => this.pick(),
      onShown: (seq, event, node) => {
        if (event.type !== 'snapshot') this.judge.shown(runId, seq, event.type === 'run-end')
        const deadAt = this.server.postgres.deadAt(node.id ?? '')
        if (deadAt === undefined || !node.writes(runId)) return
        if (Math.min(this.#troubles.awakeFor(node), this.clock.now() - deadAt) > LONGEST_DOUBT)
          this.judge.violation(`${node.id} was taken over, and still shows ${runId}`)
      },
    })
  }

  #judgeAll(): void {
    for (const [runId, readers] of this.#readers) {
      const stored = this.server.postgres.run(runId)
      if (!stored) continue
      const { row, parts } = stored
      const views = readers.map(({ view }) => view)
      this.judge.judge(runId, { status: row.status, parts }, views, this.#upstream)
    }
    for (const runId of this.#upstream.askedTwice)
      this.judge.violation(`the provider was asked twice for ${runId}`)
  }
}
