import {
  type ContentEvent,
  EVENTS,
  foldEvent,
  goesOn,
  isJoined,
  type JoinedEvent,
  type RunEnd,
  type RunEvent,
  type RunStart,
} from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import { frameOf, StoredLog, type StoredLogOptions } from './storedLog.ts'

/** The part of a run that one transaction stores. */
export interface LogWrite {
  readonly ownerId: string
  readonly start: RunStart
  /** Consecutive events, as the frames that readers get. Absent if none is new. */
  readonly segment?: { fromSeq: number; toSeq: number; frames: string }
  /** Where the provider can resume after these events. `null` if it no longer can. */
  readonly checkpoint?: string | null
  /** Whether it has to survive a power loss with everything before it, whatever the window says. */
  readonly syncs?: boolean
  /** The end of the run, with the message that it writes. */
  readonly end?: { event: RunEnd; seq: number; parts: Part[] }
}

/**
 * The log of one active run. The run appends to it, the commit window stores it, and readers follow it.
 *
 * Every event is in one of three places, and moves only to the next:
 * - **pending**: appended, without a number yet. Consecutive deltas of one type become one event.
 * - **unstored**: numbered, encoded, and handed to a transaction. It stays here while transactions fail.
 * - **stored**: folded into `parts`, counted in `lastSeq`, shown to followers.
 *
 * `finish` takes the last event. An append after it is a fault of the caller.
 */
export class EventLog extends StoredLog {
  readonly #onPending: (log: EventLog, urgent: boolean) => void
  readonly #endStored = Promise.withResolvers<RunEnd>()
  #pending: RunEvent[] = []
  /** The last pending event, if it is a delta. The next delta of its type is joined to it. */
  #growing: JoinedEvent | undefined
  #unstoredEvents: RunEvent[] = []
  #unstoredFrames = ''
  #checkpoint: string | null | undefined
  #pendingEnd: RunEnd | undefined
  #hadFirst = false
  #isAbandoned = false
  /** Each waits for a synced commit of what was appended before it. */
  #waiters: ((isStored: boolean) => void)[] = []
  /** How many of them the last write that was taken is for. */
  #takenWaiters = 0

  /**
   * `stored` is what the log already holds. `onPending` asks for a commit: at once if `urgent`, otherwise within the
   * window.
   */
  constructor(options: StoredLogOptions & { onPending: (log: EventLog, urgent: boolean) => void }) {
    super(options)
    this.#onPending = options.onPending
  }

  /** Adds one event. The first text is urgent, because it ends the wait of the reader. */
  append(event: ContentEvent | Extract<RunEvent, { type: 'run-retry' }>): void {
    if (this.#pendingEnd) throw new Error(`event appended to the finished log of run ${this.start.runId}`)
    if (this.#growing && isJoined(event) && goesOn(this.#growing, event)) {
      this.#growing.content += event.content
      return
    }
    // A copy, because later deltas are joined to it.
    const pending = { ...event }
    this.#pending.push(pending)
    this.#growing = isJoined(pending) ? pending : undefined
    const { urgent: when } = EVENTS[event.type]
    const urgent = when === 'always' || (when === 'first' && !this.#hadFirst)
    if (when === 'first') this.#hadFirst = true
    if (urgent || this.#pending.length === 1) this.#onPending(this, urgent)
  }

  /**
   * Sets where the provider can resume after the events appended so far. `null`: nowhere. One transaction stores it
   * together with them.
   */
  setCheckpoint(checkpoint: string | null): void {
    this.#checkpoint = checkpoint
    this.#onPending(this, false)
  }

  /**
   * Resolves with true once everything appended so far is stored, so that it survives a power loss. False: this node no
   * longer writes the run, and perhaps nothing of it is stored.
   */
  whenSynced(): Promise<boolean> {
    if (this.#isAbandoned) return Promise.resolve(false)
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#waiters.push(resolve)
    this.#onPending(this, true)
    return promise
  }

  /** Ends the log. Resolves with the end once it is stored. Only the first call counts. */
  finish(end: RunEnd): Promise<RunEnd> {
    if (!this.#pendingEnd) {
      this.#pendingEnd = end
      this.#onPending(this, true)
    }
    return this.#endStored.promise
  }

  override get lastSentSeq(): number {
    return this.lastSeq + this.#unstoredEvents.length + (this.#pendingEnd ? 1 : 0)
  }

  /** UTF-16 units of text and frames that are not stored. */
  get unstoredLength(): number {
    let length = this.#unstoredFrames.length
    for (const event of this.#pending) if (isJoined(event)) length += event.content.length
    return length
  }

  /**
   * Returns the events that a transaction has to store now. Until `markStored` each call returns the same events again,
   * and those appended since.
   */
  takeUnstored(): LogWrite | undefined {
    if (this.#isAbandoned) return undefined
    const fromSeq = this.lastSeq + 1
    const frames = [this.#unstoredFrames]
    for (const event of this.#pending) {
      this.#unstoredEvents.push(event)
      frames.push(frameOf(this.lastSeq + this.#unstoredEvents.length, event))
    }
    // `join` and not `+=`, because V8 keeps a sum as a tree of its parts, which takes four times the memory as long as
    // it lives.
    this.#unstoredFrames = frames.join('')
    this.#pending = []
    this.#growing = undefined
    const toSeq = this.lastSeq + this.#unstoredEvents.length
    const checkpoint = this.#checkpoint
    this.#takenWaiters = this.#waiters.length
    const syncs = this.#takenWaiters > 0
    if (toSeq < fromSeq && !this.#pendingEnd && checkpoint === undefined && !syncs) return undefined
    return {
      ownerId: this.ownerId,
      start: this.start,
      ...(toSeq >= fromSeq && { segment: { fromSeq, toSeq, frames: this.#unstoredFrames } }),
      ...(checkpoint !== undefined && { checkpoint }),
      ...(syncs && { syncs }),
      ...(this.#pendingEnd && {
        end: { event: this.#pendingEnd, seq: toSeq + 1, parts: this.#foldUnstored(this.#pendingEnd) },
      }),
    }
  }

  /** Moves the events of `write`, the last one taken, to stored, and shows them to followers. */
  markStored({ segment, checkpoint, end }: LogWrite): void {
    this.isRefused = false
    if (this.#checkpoint === checkpoint) this.#checkpoint = undefined
    if (segment) {
      for (const event of this.#unstoredEvents) foldEvent(this.parts, event)
      this.#unstoredEvents = []
      this.#unstoredFrames = ''
      this.show(segment)
    }
    if (end) {
      this.showEnd(end.seq, end.event)
      this.#endStored.resolve(end.event)
    }
    // Whoever began to wait during the commit waits for the next one, because this one may not have been synced.
    for (const tell of this.#waiters.splice(0, this.#takenWaiters)) tell(!this.#isAbandoned)
    this.#takenWaiters = 0
  }

  /** This node no longer writes the run. Nothing more is stored, and nobody follows it here. */
  abandon(): void {
    this.#isAbandoned = true
    this.cutFollowers()
    for (const tell of this.#waiters.splice(0)) tell(false)
  }

  /** The message as it is once `end` is stored. */
  #foldUnstored(end: RunEnd): Part[] {
    const parts = structuredClone(this.parts)
    for (const event of this.#unstoredEvents) foldEvent(parts, event)
    foldEvent(parts, { type: 'run-end', ...end })
    return parts
  }
}
