import type { Part } from '../../../protocol/parts.ts'
import type { Clock, Timer } from '../../clock.ts'
import type { Follower, StoredLog } from '../storedLog.ts'
import { encodeRecord, type RelayRecord } from './relayRecords.ts'
import type { Wish } from './relayRequests.ts'

/** The body of the answer to another node. */
export interface RelayOutlet {
  /** How much is written and has not left, in bytes or UTF-16 units. */
  readonly pending: number
  write(text: string): void
  cut(): void
}

export interface RelayStreamOptions {
  outlet: RelayOutlet
  /** The log of a run that this node writes. */
  logOf: (runId: string) => StoredLog | undefined
  /** The last stored batch of the journal. */
  lastBatch: () => number
  clock: Clock
  /** The most that may wait for the other node. */
  maxPending: number
  onClose: () => void
}

/** A stream that has nothing to say says so this often, in milliseconds, so that a broken one is seen. */
export const RELAY_BEAT = 250
/** Up to this many UTF-16 units, what another node misses of a run is sent as it is. Otherwise the message so far is sent. */
const SMALL_GAP = 16 * 1024
/** The most messages that are sent at once for wishes, in UTF-16 units. Whoever wishes for more reads the database. */
const MAX_CATCH_UP = 1024 * 1024

type Gathered = { [Key in Exclude<keyof RelayRecord, 'batch'>]: RelayRecord[Key][number][] }

/**
 * Sends another node what is stored of the runs that it follows, once for each commit window. It holds nothing for a node
 * that does not read: such a node is cut, and polls.
 */
export class RelayStream {
  readonly #options: RelayStreamOptions
  readonly #followed = new Map<string, () => void>()
  #gathered = nothing()
  #isGathering = false
  #isClosed = false
  #timer: Timer | undefined

  constructor(options: RelayStreamOptions) {
    this.#options = options
    this.#beatLater()
  }

  leave(runIds: readonly string[]): void {
    for (const runId of runIds) {
      this.#followed.get(runId)?.()
      this.#followed.delete(runId)
    }
  }

  /** Reads what a run has, and follows it, in one synchronous block, so that no commit comes in between. */
  follow(wishes: readonly Wish[]): void {
    let length = 0
    for (const { wish, runId, after } of wishes) {
      this.leave([runId])
      const log = this.#options.logOf(runId)
      if (!log) {
        this.#gathered.unknown.push({ wish, runId })
        continue
      }
      const lastSeq = log.end ? log.lastSeq - 1 : log.lastSeq
      const frames = log.framesAfter(after)
      const isSmall = frames !== undefined && frames.length <= SMALL_GAP
      if (frames && isSmall)
        this.#gathered.segments.push({ run_id: runId, from_seq: after + 1, to_seq: lastSeq, frames })
      const message =
        isSmall || after >= lastSeq || length > MAX_CATCH_UP ? undefined : structuredClone(log.parts)
      length += isSmall ? frames.length : lengthOf(message)
      this.#gathered.joined.push({ wish, runId, lastSeq, ...(message && { parts: message }) })
      const follower = this.#followerOf({ wish, runId }, log)
      if (log.end) follower.ended()
      else log.follow(follower)
      this.#followed.set(runId, () => log.unfollow(follower))
    }
    this.#gather()
  }

  /** Cuts it, so that the other node polls. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.leave([...this.#followed.keys()])
    if (this.#timer !== undefined) this.#options.clock.cancel(this.#timer)
    this.#options.outlet.cut()
    this.#options.onClose()
  }

  #followerOf({ wish, runId }: Pick<Wish, 'wish' | 'runId'>, log: StoredLog): Follower {
    return {
      stored: (frames, fromSeq) => {
        this.#gathered.segments.push({ run_id: runId, from_seq: fromSeq, to_seq: log.lastSeq, frames })
        this.#gather()
      },
      refused: () => {
        this.#gathered.refused.push(runId)
        this.#gather()
      },
      ended: () => {
        const { end, lastSeq } = log
        if (end) this.#gathered.ended.push({ runId, seq: lastSeq, end })
        this.#followed.delete(runId)
        this.#gather()
      },
      cut: () => {
        this.#gathered.unknown.push({ wish, runId })
        this.#followed.delete(runId)
        this.#gather()
      },
    }
  }

  /** All logs of a window show what it stored in one synchronous block. */
  #gather(): void {
    if (this.#isGathering) return
    this.#isGathering = true
    queueMicrotask(() => this.#send())
  }

  #send(): void {
    const gathered = this.#gathered
    this.#gathered = nothing()
    this.#isGathering = false
    if (this.#isClosed) return
    const { outlet, lastBatch, maxPending, clock } = this.#options
    if (outlet.pending > maxPending) {
      this.close()
      return
    }
    outlet.write(encodeRecord({ batch: lastBatch(), ...gathered }))
    if (this.#timer !== undefined) clock.cancel(this.#timer)
    this.#beatLater()
  }

  #beatLater(): void {
    this.#timer = this.#options.clock.schedule(() => this.#send(), RELAY_BEAT)
  }
}

function lengthOf(parts: readonly Part[] = []): number {
  return parts.reduce((sum, part) => sum + ('text' in part ? part.text.length : 0), 0)
}

function nothing(): Gathered {
  return { segments: [], joined: [], unknown: [], refused: [], ended: [] }
}
