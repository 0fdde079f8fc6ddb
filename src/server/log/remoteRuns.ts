import { createParser } from 'eventsource-parser'
import type { Logger } from 'pino'
import { RiachoError } from '../../protocol/errors.ts'
import { foldEvent } from '../../protocol/events.ts'
import type { StopResponse } from '../../protocol/responses.ts'
import { decodeFrame, framesFrom } from '../../protocol/sse.ts'
import type { Clock, Timer } from '../clock.ts'
import type { PostgresDatabase } from '../database/postgres/open.ts'
import { askToStop, type RemoteState, readJournals, readRemoteStates } from '../database/postgres/remote.ts'
import type { SegmentRow } from '../database/schema.ts'
import { logFault } from '../logFault.ts'
import { followLog, type Reader, type Subscription } from './followLog.ts'
import type { PostgresNode } from './postgresNode.ts'
import type { RunStore, StoredRun } from './runStore.ts'
import { StoredLog } from './storedLog.ts'

/** How often the journals of other nodes are read while somebody here follows their runs, in milliseconds. */
const POLL_INTERVAL = 50
/** The most milliseconds that `stop` waits for the end. */
const STOP_WAIT = 2000

export interface RemoteRunsOptions {
  database: PostgresDatabase
  store: Pick<RunStore, 'read' | 'framesAfter'>
  node: Pick<PostgresNode, 'requireTrust'>
  clock: Clock
  logger: Logger
}

/**
 * The runs of other nodes that somebody follows here. One loop reads what their nodes have stored since, for all readers
 * of all runs. It rests while nobody follows.
 */
export class RemoteRuns {
  readonly #options: RemoteRunsOptions
  readonly #runs = new Map<string, RemoteRun>()
  /** The last batch that was read of the journal of each node. */
  readonly #cursors = new Map<string, number>()
  #timer: Timer | undefined
  #isDraining = false
  #isClosed = false

  constructor(options: RemoteRunsOptions) {
    this.#options = options
  }

  requireTrust(): void {
    this.#options.node.requireTrust()
  }

  /** As `followLog`. */
  async follow(run: StoredRun, after: number, reader: Reader): Promise<Subscription> {
    if (this.#isDraining) throw new RiachoError('SHUTTING_DOWN')
    const { runId } = run.start
    const frames = this.#runs.has(runId) ? undefined : await this.#options.store.framesAfter(runId, 0)
    // Another reader may have come meanwhile.
    const followed = this.#runs.get(runId) ?? new RemoteRun(run, frames)
    this.#runs.set(runId, followed)
    this.#arm()
    // A reader that comes from the node of the run may be further than the last poll.
    if (run.lastSeq > followed.lastSeq) await this.#readAgain(followed)
    const subscription = followLog(followed, after, reader)
    return {
      unsubscribe: () => {
        subscription.unsubscribe()
        this.#forgetIfIdle(runId)
      },
    }
  }

  /** Asks the node that writes a run to stop it. Resolves with how the run stands, at the latest after 2 s. */
  async stop(key: { id: string; ownerId: string }): Promise<StopResponse> {
    const { database, store, clock } = this.#options
    await database.write('power', queries => askToStop(queries, key.id))
    const deadline = clock.monotonic() + STOP_WAIT
    for (;;) {
      const run = await store.read(key)
      const status = run?.end?.status ?? 'active'
      if (!run || run.end || clock.monotonic() >= deadline) return { status, lastSeq: run?.lastSeq ?? 0 }
      await new Promise<void>(resolve => clock.schedule(resolve, POLL_INTERVAL))
    }
  }

  drain(): void {
    this.#isDraining = true
    for (const run of this.#runs.values()) run.cutFollowers()
    this.#runs.clear()
  }

  close(): void {
    this.#isClosed = true
    if (this.#timer !== undefined) this.#options.clock.cancel(this.#timer)
  }

  #forgetIfIdle(runId: string): void {
    if (this.#runs.get(runId)?.followerCount === 0) this.#runs.delete(runId)
    if (this.#runs.size === 0) this.#cursors.clear()
  }

  #arm(): void {
    if (this.#isClosed || this.#timer !== undefined || this.#runs.size === 0) return
    const { clock } = this.#options
    this.#timer = clock.schedule(() => {
      void this.#poll().finally(() => {
        this.#timer = undefined
        this.#arm()
      })
    }, POLL_INTERVAL)
  }

  async #poll(): Promise<void> {
    try {
      await this.#readOnce()
    } catch (error) {
      for (const run of this.#runs.values()) run.markRefused()
      logFault(this.#options.logger, error, { message: 'runs of other nodes could not be read' })
    }
  }

  async #readOnce(): Promise<void> {
    const { queries } = this.#options.database
    const asked = [...this.#runs.keys()]
    const states = await readRemoteStates(queries, asked)
    for (const state of states) await this.#take(state)
    const found = new Set(states.map(({ id }) => id))
    for (const runId of asked) if (!found.has(runId)) this.#erased(runId)
    const nodes = [...new Set([...this.#runs.values()].flatMap(({ nodeId }) => nodeId ?? []))]
    const cursors = nodes.map(id => this.#cursors.get(id) ?? 0)
    for (const { nodeId, batch, segments } of await readJournals(queries, nodes, cursors)) {
      const isNext = batch === (this.#cursors.get(nodeId) ?? 0) + 1
      this.#cursors.set(nodeId, batch)
      for (const segment of segments) this.#runs.get(segment.run_id)?.take(segment)
      // Rows in between have settled.
      if (!isNext) for (const run of this.#runs.values()) if (run.nodeId === nodeId) run.isBehind = true
    }
    for (const run of this.#runs.values()) if (run.isBehind) await this.#readAgain(run)
  }

  /** Learns which node writes a run, and whether it has ended. */
  async #take({ id, nodeId, hasEnded }: RemoteState): Promise<void> {
    const run = this.#runs.get(id)
    if (!run) return
    if (run.nodeId !== nodeId) {
      run.nodeId = nodeId
      run.isBehind = true
    }
    if (hasEnded) await this.#readAgain(run)
  }

  /** Its conversation was deleted or erased. Whoever follows it asks again, and learns that it is gone. */
  #erased(runId: string): void {
    this.#runs.get(runId)?.cutFollowers()
    this.#runs.delete(runId)
  }

  /** Reads what is stored of a run now. */
  async #readAgain(run: RemoteRun): Promise<void> {
    const { store } = this.#options
    const { runId } = run.start
    const stored = await store.read({ id: runId, ownerId: run.ownerId })
    if (!stored) return this.#erased(runId)
    const lastFrame = stored.end ? stored.lastSeq - 1 : stored.lastSeq
    const frames = lastFrame > run.lastSeq ? await store.framesAfter(runId, run.lastSeq) : ''
    run.isBehind = false
    run.catchUp(stored, frames)
    if (stored.end) this.#runs.delete(runId)
  }
}

/** What is stored of a run of another node. */
class RemoteRun extends StoredLog {
  /** The node that writes it. `undefined` until it is known. */
  nodeId: string | null | undefined
  /** Whether there may be events that its journal does not give. */
  isBehind = false

  /** `frames`: all that are stored, if they are there. They may be newer than `run`. */
  constructor(run: StoredRun, frames?: string) {
    super({ ...run, stored: frames === undefined ? run : { parts: [], lastSeq: 0 } })
    const toSeq = lastNumberIn(frames ?? '')
    if (frames !== undefined) this.#showFrames({ fromSeq: 1, toSeq, frames })
  }

  /** Takes what the journal has. */
  take({ from_seq, to_seq, frames }: SegmentRow): void {
    if (to_seq <= this.lastSeq) return
    if (from_seq > this.lastSeq + 1) {
      this.isBehind = true
      return
    }
    const missing = framesFrom(frames, this.lastSeq + 1)
    this.#showFrames({ fromSeq: this.lastSeq + 1, toSeq: to_seq, frames: missing })
  }

  /** Takes what is stored. `frames`: those after `lastSeq`, or `undefined` if they are not all there. */
  catchUp(stored: StoredRun, frames: string | undefined): void {
    const lastFrame = stored.end ? stored.lastSeq - 1 : stored.lastSeq
    // After a jump of the numbers the last frame is not the one before the end.
    const toSeq = lastNumberIn(frames ?? '')
    // A poll may have taken some of them since they were asked for.
    const missing = framesFrom(frames ?? '', this.lastSeq + 1)
    if (missing && toSeq > this.lastSeq)
      this.#showFrames({ fromSeq: this.lastSeq + 1, toSeq, frames: missing })
    if (lastFrame > this.lastSeq) this.replace(stored.parts, lastFrame)
    this.isRefused = false
    if (stored.end) this.showEnd(stored.lastSeq, stored.end)
  }

  #showFrames(segment: { fromSeq: number; toSeq: number; frames: string }): void {
    const parser = createParser({
      onEvent: ({ event, data }) => {
        const decoded = decodeFrame(event, data)
        if (decoded) foldEvent(this.parts, decoded)
      },
    })
    parser.feed(segment.frames)
    this.show(segment)
  }
}

/** The number of the last of these frames. 0 if there is none. */
function lastNumberIn(frames: string): number {
  const last = frames.lastIndexOf('\n\nid: ')
  const begin = last === -1 ? frames : frames.slice(last + 2)
  return Number(/^id: (\d+)\n/.exec(begin)?.[1] ?? 0)
}
