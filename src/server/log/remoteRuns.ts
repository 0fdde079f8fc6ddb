import type { Logger } from 'pino'
import { RiachoError } from '../../protocol/errors.ts'
import type { StopResponse } from '../../protocol/responses.ts'
import { type Clock, type Timer, within } from '../clock.ts'
import type { RemoteDatabase, RemoteState } from '../database/postgres/remote.ts'
import { logFault } from '../logFault.ts'
import { followLog, type Reader, type Subscription } from './followLog.ts'
import type { PostgresNode } from './postgresNode.ts'
import type { RelayTarget } from './relay/nodeClient.ts'
import type { FollowingLink } from './relay/relayLink.ts'
import type { LinkHearer, RelayLinks } from './relay/relayLinks.ts'
import type { RelayRecord } from './relay/relayRecords.ts'
import { RemoteRun, takeRecord, untilStored } from './remoteRun.ts'
import { readNews, type Writer } from './remoteWriters.ts'
import type { RunStore } from './runStore.ts'
import { stopRemoteRun } from './stopRemoteRun.ts'
import { toRunBase } from './storedRuns.ts'

/** How often the journals of other nodes are read for runs that no relay brings, in milliseconds. */
const POLL_INTERVAL = 50
/** How long a reader waits for what an open relay has of a run, before it is read in the database, in milliseconds. */
const ANSWER_WAIT = 250
/** How often the database is read for all runs: a relay does not tell of a run that was erased, in milliseconds. */
const LOOK_INTERVAL = 1000
/** How long a poll that is due waits for others, in milliseconds. */
const SOON = 10

export interface RemoteRunsOptions {
  database: RemoteDatabase
  store: Pick<RunStore, 'read' | 'framesAfter'>
  node: Pick<PostgresNode, 'requireTrust'>
  links: Pick<RelayLinks, 'stop'> & {
    to(target: RelayTarget, events: LinkHearer): FollowingLink | undefined
  }
  clock: Clock
  logger: Logger
}

/**
 * The runs of other nodes that somebody follows here. A relay brings what their nodes store, where it can. For all others
 * one loop reads the journals, for all readers of all runs. It rests while nobody follows.
 */
export class RemoteRuns {
  readonly #options: RemoteRunsOptions
  readonly #runs = new Map<string, RemoteRun>()
  readonly #writers = new Map<string, Writer>()
  #timer: Timer | undefined
  /** When the next poll is due, by `clock.monotonic`. */
  #due = Number.POSITIVE_INFINITY
  #isPolling = false
  #lookedAt = Number.NEGATIVE_INFINITY
  #isDraining = false
  #isClosed = false

  constructor(options: RemoteRunsOptions) {
    this.#options = options
  }

  requireTrust(): void {
    this.#options.node.requireTrust()
  }

  /** As `followLog`. Resolves with `undefined` if this owner has no active run of this id. */
  async follow(
    key: { id: string; ownerId: string },
    after: number,
    reader: Reader,
  ): Promise<Subscription | undefined> {
    if (this.#isDraining) throw new RiachoError('SHUTTING_DOWN')
    const followed = this.#runOf(key) ?? (await this.#begin(key))
    if (!followed) return undefined
    followed.comers += 1
    try {
      await this.#untilAnswered(followed)
      // Nothing came by a relay. Or a reader that comes from the node of the run is further than the last poll.
      if (followed.lastSeq === 0 || after > followed.lastSeq) await this.#readAgain(followed)
      await untilStored(followed, after, {
        clock: this.#options.clock,
        readAgain: run => this.#readAgain(run),
      })
    } catch (error) {
      if (followed.followerCount === 0 && followed.comers === 1) this.#forget(followed)
      throw error
    } finally {
      followed.comers -= 1
    }
    this.#pollIn(SOON)
    const subscription = followLog(followed, after, reader)
    // Nothing more comes of a run that was sent away meanwhile.
    if (!followed.end && this.#runs.get(key.id) !== followed) followed.cutFollowers()
    if (this.#isDraining) this.#sendAway(followed)
    return {
      unsubscribe: () => {
        subscription.unsubscribe()
        if (followed.isIdle) this.#forget(followed)
      },
    }
  }

  #runOf({ id, ownerId }: { id: string; ownerId: string }): RemoteRun | undefined {
    const run = this.#runs.get(id)
    return run?.ownerId === ownerId ? run : undefined
  }

  /** Begins to follow a run. Its events come by a relay, or are read afterwards. */
  async #begin(key: { id: string; ownerId: string }): Promise<RemoteRun | undefined> {
    const { database } = this.#options
    const [row, [state]] = await Promise.all([database.run(key), database.states([key.id])])
    if (row?.status !== 'active' || !state?.nodeId || state.hasEnded) return undefined
    const { nodeId } = state
    // Before its events are read, so that they reach as far as the cursor.
    const [last] = await database.lastBatches(this.#writers.has(nodeId) ? [] : [nodeId])
    // Another reader may have come meanwhile.
    const known = this.#runOf(key)
    if (known) return known
    const run = new RemoteRun(toRunBase(row))
    this.#runs.set(key.id, run)
    this.#assign(run, state, last?.batch)
    return run
  }

  /** A relay has the events of a run in memory, so that nobody need read the whole journal of its node for them. */
  async #untilAnswered({ wish, answered }: RemoteRun): Promise<void> {
    if (!wish) return
    const wait = wish.link.isDelivering ? ANSWER_WAIT : POLL_INTERVAL
    await within(wait, this.#options.clock, answered)
  }

  /** Asks the node that writes a run to stop it. Resolves with how the run stands, at the latest after 2 s. */
  stop(key: { id: string; ownerId: string }): Promise<StopResponse> {
    return stopRemoteRun(this.#options, key)
  }

  drain(): void {
    this.#isDraining = true
    this.cutFollowers()
  }

  /** Sends every reader away. The runs go on at their nodes. */
  cutFollowers(): void {
    for (const run of this.#runs.values()) this.#sendAway(run)
  }

  close(): void {
    this.#isClosed = true
    if (this.#timer !== undefined) this.#options.clock.cancel(this.#timer)
  }

  #forget(run: RemoteRun): void {
    const { runId } = run.start
    if (this.#runs.get(runId) !== run) return
    this.#runs.delete(runId)
    if (run.end) run.wish?.link.ended(runId)
    this.#assign(run, undefined)
  }

  #pollIn(wait: number): void {
    const { clock } = this.#options
    const due = clock.monotonic() + wait
    if (this.#isClosed || due >= this.#due) return
    this.#due = due
    if (this.#isPolling) return
    if (this.#timer !== undefined) clock.cancel(this.#timer)
    this.#timer = clock.schedule(() => void this.#poll(), wait)
  }

  async #poll(): Promise<void> {
    const { clock, logger } = this.#options
    this.#timer = undefined
    this.#due = Number.POSITIVE_INFINITY
    this.#isPolling = true
    const isLook = clock.monotonic() - this.#lookedAt >= LOOK_INTERVAL
    if (isLook) this.#lookedAt = clock.monotonic()
    // A node that has taken a run over may not have known it yet.
    if (isLook) for (const run of this.#runs.values()) if (run.wish?.state === 'unknown') run.wish = undefined
    const asked = [...this.#runs.values()].filter(run => run.lastSeq > 0 && (isLook || !run.isRelayed))
    try {
      if (asked.length > 0) await this.#readOnce(asked)
    } catch (error) {
      for (const run of asked) if (!run.isRelayed) run.markRefused()
      logFault(logger, error, { message: 'runs of other nodes could not be read' })
    }
    this.#isPolling = false
    const due = this.#due
    this.#due = Number.POSITIVE_INFINITY
    if (this.#runs.size === 0) return
    const isRelayed = [...this.#runs.values()].every(run => run.isRelayed || run.lastSeq === 0)
    const next = isRelayed ? this.#lookedAt + LOOK_INTERVAL : clock.monotonic() + POLL_INTERVAL
    // Rounded up, because a poll that comes a fraction of a millisecond early finds nothing due.
    this.#pollIn(Math.max(0, Math.ceil(Math.min(due, next) - clock.monotonic())))
  }

  async #readOnce(asked: readonly RemoteRun[]): Promise<void> {
    const { database } = this.#options
    const states = await database.states(asked.map(({ start }) => start.runId))
    const found = new Map(states.map(state => [state.id, state]))
    for (const run of asked) {
      const state = found.get(run.start.runId)
      if (state) this.#take(run, state)
      else this.#sendAway(run)
    }
    const ids = new Set(asked.map(({ nodeId }) => nodeId))
    const writers = [...this.#writers.values()].filter(({ nodeId }) => ids.has(nodeId))
    await readNews(database, writers, runId => this.#runs.get(runId))
    for (const run of asked) if (run.isBehind) await this.#readAgain(run)
  }

  /** Learns which node writes a run, and whether it has ended. */
  #take(run: RemoteRun, state: RemoteState): void {
    if (this.#runs.get(state.id) !== run) return
    if (run.nodeId !== state.nodeId) this.#assign(run, state)
    if (state.hasEnded) run.isBehind = true
    else this.#relay(run)
  }

  /** Sets the node that writes a run. Without a state nobody follows it any more. */
  #assign(run: RemoteRun, state: RemoteState | undefined, cursor?: number): void {
    const { runId } = run.start
    if (!run.end && run.wish?.link.isClosed === false) run.wish.link.leave(runId)
    const before = this.#writers.get(run.nodeId ?? '')
    before?.runs.delete(run)
    if (before?.runs.size === 0) this.#writers.delete(before.nodeId)
    run.wish = undefined
    run.nodeId = state?.nodeId
    if (!state?.nodeId) return
    const { nodeId, address } = state
    const writer = this.#writers.get(nodeId) ?? { nodeId, address, runs: new Set(), cursor }
    this.#writers.set(nodeId, writer)
    writer.runs.add(run)
    // An open link says at once what is missing.
    if (!this.#relay(run)?.isDelivering) run.isBehind = true
  }

  /** Asks the node of a run to send what it stores of it, if that node can be reached. */
  #relay(run: RemoteRun): FollowingLink | undefined {
    const writer = this.#writers.get(run.nodeId ?? '')
    if (!writer?.address || run.wish?.link.isClosed === false) return run.wish?.link
    const { nodeId, address } = writer
    const link = this.#options.links.to(
      { nodeId, address },
      {
        onRecord: record => this.#onRecord(nodeId, record),
        onSilence: () => this.#pollIn(0),
        onClose: () => this.#onClose(nodeId),
      },
    )
    run.wish = link && { link, number: link.follow(run.start.runId, run.lastSeq), state: 'asked' }
    return link
  }

  #onRecord(nodeId: string, record: RelayRecord): void {
    const writer = this.#writers.get(nodeId)
    if (!writer) return
    takeRecord(record, runId => {
      const run = this.#runs.get(runId)
      return run?.nodeId === nodeId ? run : undefined
    })
    const runs = [...writer.runs]
    if (runs.every(({ wish }) => wish?.state === 'joined'))
      writer.cursor = Math.max(writer.cursor ?? 0, record.batch)
    for (const run of runs) if (run.end) this.#forget(run)
    if (runs.some(run => run.isBehind)) this.#pollIn(SOON)
  }

  /** What the relay would have brought is in the journal after the cursor. */
  #onClose(nodeId: string): void {
    for (const run of this.#writers.get(nodeId)?.runs ?? []) {
      if (run.wish && run.wish.state !== 'joined') run.isBehind = true
      run.wish = undefined
      run.setAnswered()
    }
    this.#pollIn(0)
  }

  /** Whoever follows it asks again: of another node if this one ends, and otherwise it learns that the run was erased. */
  #sendAway(run: RemoteRun): void {
    run.cutFollowers()
    this.#forget(run)
  }

  /** Reads what is stored of a run now. */
  async #readAgain(run: RemoteRun): Promise<void> {
    const { store } = this.#options
    const { runId } = run.start
    const { lastSeq } = run
    // Before the database is read, because a relay may find meanwhile that it is behind again.
    run.isBehind = false
    try {
      const stored = await store.read({ id: runId, ownerId: run.ownerId })
      if (!stored) return this.#sendAway(run)
      const lastFrame = stored.end ? stored.lastSeq - 1 : stored.lastSeq
      const frames = lastFrame > lastSeq ? await store.framesAfter(runId, lastSeq) : ''
      run.catchUp(stored, frames, lastSeq)
    } catch (error) {
      run.isBehind = true
      throw error
    }
    if (run.end) this.#forget(run)
  }
}
