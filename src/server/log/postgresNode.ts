import type { Logger } from 'pino'
import { RiachoError } from '../../protocol/errors.ts'
import type { Clock, Timer } from '../clock.ts'
import type { LeftRun, NodeDatabase } from '../database/postgres/nodes.ts'
import { logFault } from '../logFault.ts'
import { LeaseWatch, type NodeBeat } from './leaseWatch.ts'
import type { OrphanedRun } from './runStore.ts'
import type { SharedTime } from './sharedTime.ts'
import { toOrphanedRun } from './storedRuns.ts'

/** How often a node shows that it lives, and how often it looks at the others, in milliseconds. */
const BEAT_INTERVAL = 5000
const LOOK_INTERVAL = 1000
/** How often a node looks whether somebody asked for a stop, because a run that is silent stores nothing, in milliseconds. */
const STOP_INTERVAL = 250
/** A node that could not beat for this long no longer trusts itself, in milliseconds. The others take over later. */
const TRUST = 10_000
/** Without an answer for this long a node counts as cut off from the database, in milliseconds. */
const REACH = 30_000

export interface PostgresNodeOptions {
  database: NodeDatabase
  /** Makes the id of a life: a UUID that is never made again. */
  createId: () => string
  clock: Clock
  logger: Logger
  /** It learns the time of the database at each look. */
  time: Pick<SharedTime, 'learn'>
  version: string
  /** Where other nodes reach this one. */
  address?: string | undefined
}

export interface NodeEvents {
  /** Whether this process writes the run. */
  knows(runId: string): boolean
  /** Other nodes have died: `takeOver` gives their runs. */
  onDeath(): void
  /** Another node may write the runs of this one now. Whoever follows them has to go elsewhere. */
  onDoubt(): void
  /** Somebody asked another node to stop these runs of this one. */
  onStops(runIds: readonly string[]): void
  /** Something was erased that the journal of this node may hold. */
  onSettleAsked(): Promise<void>
  /** Another node took over. This one writes nothing more under its old id, and has a new one. */
  onFenced(): void
}

/**
 * The life of this node, as the others see it. It is
 * - **alive**: registered under `id`, and its beats are stored.
 * - **doubtful**: it could not beat for 10 s. It may be alive still, which only the database can tell.
 * - **fenced**: another node took over. It registers under a new id, and is alive again.
 * - **closed**: it has left.
 */
export class PostgresNode {
  /** The id of this life. It is in every row that the node writes for a run. */
  id: string
  /** Its looks find active runs that it does not know. */
  readonly findsLost = true
  readonly #options: PostgresNodeOptions
  readonly #watch = new LeaseWatch()
  #state: 'alive' | 'doubtful' | 'fenced' | 'closed' = 'alive'
  #events: NodeEvents | undefined
  #beatAt = 0
  /** The last beat was not stored. The next one comes soon, because the others wait for no more than two. */
  #hasMissedBeat = false
  #answeredAt = 0
  #dead: NodeBeat[] = []
  /** Active runs of this node that it did not know at the last two looks. */
  #lost = new Set<string>()
  #unknown = new Set<string>()
  /** How often it was asked to settle its journal, and did. */
  #settlesAsked = 0
  #settled = 0
  #timers = new Set<Timer>()

  constructor(options: PostgresNodeOptions) {
    this.#options = options
    this.id = options.createId()
  }

  /** False while another node may write the runs of this one. */
  get isTrusted(): boolean {
    return this.#state === 'alive'
  }

  /** How long ago this node saw the last beat of a node, in milliseconds. 0 if it has not looked twice. */
  beatAgo(id: string): number {
    const now = this.#options.clock.monotonic()
    return now - ((id === this.id ? this.#beatAt : this.#watch.beatAt(id)) ?? now)
  }

  /** Throws `STORAGE_UNAVAILABLE` while another node may write the runs of this one. */
  requireTrust(): void {
    if (!this.isTrusted) throw new RiachoError('STORAGE_UNAVAILABLE', 'this node cannot reach the database')
  }

  /** Throws `STORAGE_UNAVAILABLE` if the database has not answered for 30 s. */
  requireReachable(): void {
    if (this.#options.clock.monotonic() - this.#answeredAt > REACH)
      throw new RiachoError('STORAGE_UNAVAILABLE', 'the database does not answer')
  }

  /** Registers the node, and learns the time of the database. */
  async open(): Promise<void> {
    const { database, clock, time, version, address } = this.#options
    const asked = clock.monotonic()
    time.learn(await database.time(), { asked, answered: clock.monotonic() })
    await database.register({ id: this.id, address, version })
    this.#beatAt = clock.monotonic()
    this.#answeredAt = this.#beatAt
  }

  /** Begins to beat, and to look at the others. */
  start(events: NodeEvents): void {
    this.#events = events
    void this.#beatForEver()
    // Each for itself: a look that waited for others would see too late who beats.
    this.#repeat(LOOK_INTERVAL, () => this.#look())
    this.#repeat(LOOK_INTERVAL, () => this.#lookForLost())
    this.#repeat(LOOK_INTERVAL, () => this.#settle())
    this.#repeat(STOP_INTERVAL, () => this.#lookForStops())
  }

  /**
   * Makes this node the owner of the runs of dead nodes. Gives them, and those that are its own in the database although it
   * does not know them: an earlier takeover may have failed half-way, and the answer to a commit may have come too late.
   */
  async takeOver(): Promise<OrphanedRun[]> {
    const { database } = this.#options
    const found: LeftRun[] = []
    for (const { id, beat } of this.#dead.splice(0))
      found.push(...(await database.takeOver({ id, beat, by: this.id })))
    const known = new Set(found.map(({ row }) => row.id))
    const isLost = (runId: string) => !known.has(runId) && this.#lost.has(runId)
    found.push(...(await database.ownRuns(this.id, isLost)))
    this.#lost.clear()
    return found.map(({ row, segments }) => toOrphanedRun(row, segments))
  }

  countResume(runId: string): Promise<void> {
    return this.#options.database.countResume(runId)
  }

  /** Another node took over, as a window or a beat has found. */
  fenced(nodeId: string): void {
    if (nodeId !== this.id || this.#state === 'closed' || this.#state === 'fenced') return
    this.#state = 'fenced'
    this.#options.logger.error({ nodeId: this.id }, 'another node took over the runs of this one')
    this.id = this.#options.createId()
    this.#settlesAsked = 0
    this.#settled = 0
    this.#events?.onFenced()
    void this.#registerAgain()
  }

  /** Leaves. What it still writes belongs to nobody until another node finds it dead. */
  async close(): Promise<void> {
    this.#state = 'closed'
    for (const timer of this.#timers) this.#options.clock.cancel(timer)
    await this.#options.database.forget(this.id).catch(() => {})
  }

  async #registerAgain(): Promise<void> {
    while (this.#state === 'fenced') {
      try {
        await this.open()
        if (this.#state === 'fenced') this.#state = 'alive'
      } catch {
        await new Promise<void>(resolve => this.#schedule(LOOK_INTERVAL, resolve))
      }
    }
  }

  async #beatForEver(): Promise<void> {
    await this.#beat()
    this.#schedule(this.#hasMissedBeat ? LOOK_INTERVAL : BEAT_INTERVAL, () => void this.#beatForEver())
  }

  async #beat(): Promise<void> {
    const { database, clock } = this.#options
    const { id } = this
    if (this.#state === 'fenced') return
    const began = clock.monotonic()
    let isAlive = await database.beat(id).catch(() => undefined)
    // At once on another connection, because the others wait for no more than two beats.
    isAlive ??= await database.beat(id).catch(() => undefined)
    this.#hasMissedBeat = isAlive === undefined
    if (id !== this.id || this.#state === 'closed') return
    if (isAlive === false) return this.fenced(id)
    if (isAlive) {
      this.#beatAt = began
      if (this.#state === 'doubtful') this.#state = 'alive'
    }
  }

  async #look(): Promise<void> {
    const { database, clock } = this.#options
    if (this.#state === 'alive' && clock.monotonic() - this.#beatAt > TRUST) {
      this.#state = 'doubtful'
      this.#events?.onDoubt()
    }
    const began = clock.monotonic()
    const nodes = await database.list().catch(() => undefined)
    if (nodes) this.#answeredAt = clock.monotonic()
    // A node that could not ask has seen no change.
    if (!nodes || this.#state !== 'alive') return this.#watch.forget()
    const took = clock.monotonic() - began
    // The answer may be as old as that, so it shows no death.
    if (took > LOOK_INTERVAL) return this.#watch.excuse(took)
    const [own] = nodes.filter(({ id }) => id === this.id)
    if (own) {
      this.#options.time.learn(own.now, { asked: began, answered: clock.monotonic() })
      this.#settlesAsked = own.settlesAsked
    }
    this.#dead = this.#watch.look(
      nodes.filter(({ id }) => id !== this.id),
      began,
    )
    if (this.#dead.length > 0) this.#events?.onDeath()
  }

  async #settle(): Promise<void> {
    const settlesAsked = this.#settlesAsked
    if (settlesAsked === this.#settled) return
    try {
      await this.#events?.onSettleAsked()
      this.#settled = settlesAsked
    } catch (error) {
      logFault(this.#options.logger, error, { message: 'the journal could not be settled' })
    }
  }

  /** A run that has just been stored, or has just ended, may be unknown at one look. */
  async #lookForLost(): Promise<void> {
    if (this.#state !== 'alive') return
    const active = await this.#options.database.ownRunIds(this.id).catch(() => [])
    const unknown = new Set(active.filter(runId => this.#events?.knows(runId) === false))
    this.#lost = new Set([...unknown].filter(runId => this.#unknown.has(runId)))
    this.#unknown = unknown
    if (this.#lost.size > 0) this.#events?.onDeath()
  }

  async #lookForStops(): Promise<void> {
    const runIds = await this.#options.database.stops(this.id).catch(() => [])
    if (runIds.length > 0) this.#events?.onStops(runIds)
  }

  #repeat(interval: number, work: () => Promise<void>): void {
    const next = () => this.#schedule(interval, () => void work().finally(next))
    next()
  }

  #schedule(delay: number, work: () => void): void {
    if (this.#state === 'closed') return
    const timer = this.#options.clock.schedule(() => {
      this.#timers.delete(timer)
      work()
    }, delay)
    this.#timers.add(timer)
  }
}
