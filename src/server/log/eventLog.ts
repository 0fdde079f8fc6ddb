import {
  type ContentEvent,
  type DeltaEvent,
  EVENTS,
  foldEvent,
  isDelta,
  type RunEnd,
  type RunEvent,
  type RunStart,
  type StreamEvent,
} from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import { encodeData, encodeFrame } from '../../protocol/sse.ts'

/** The part of a run that one transaction stores. */
export interface LogWrite {
  readonly ownerId: string
  readonly start: RunStart
  /** Consecutive events, as the frames that readers get. Absent if only the end or the checkpoint is new. */
  readonly segment?: { fromSeq: number; toSeq: number; frames: string }
  /** Where the provider can resume after these events. `null` if it no longer can. */
  readonly checkpoint?: string | null
  /** The end of the run, with the message that it writes. */
  readonly end?: { event: RunEnd; seq: number; parts: Part[] }
}

/** The log calls it after each commit, in order. It must not throw. */
export interface Follower {
  stored(frames: string, fromSeq: number): void
  /** Nothing can be stored at the moment, so nothing is shown. */
  refused(): void
  ended(): void
}

/**
 * The most frames that memory keeps for readers that come back, in UTF-16 units. A reader that misses older frames gets
 * a snapshot.
 */
const MAX_KEPT_FRAMES = 64 * 1024

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
export class EventLog {
  readonly ownerId: string
  readonly start: RunStart
  readonly startedAt: number
  /** The fold of the stored events. */
  readonly parts: Part[]
  /** `seq` of the last stored event. */
  lastSeq: number
  /** Whether the last transaction with the unstored events failed. */
  isRefused = false
  /** The run's end, once it is stored. */
  end: RunEnd | undefined

  readonly #onPending: (log: EventLog, urgent: boolean) => void
  readonly #followers = new Set<Follower>()
  readonly #endStored = Promise.withResolvers<RunEnd>()
  #pending: RunEvent[] = []
  /** The last pending event, if it is a delta. The next delta of its type is joined to it. */
  #growing: DeltaEvent | undefined
  #unstoredEvents: RunEvent[] = []
  #unstoredFrames = ''
  #checkpoint: string | null | undefined
  #pendingEnd: RunEnd | undefined
  #kept: { seq: number; frames: string }[] = []
  #keptLength = 0
  #hadFirst = false

  /**
   * `stored` is what the log already holds. `onPending` asks for a commit: at once if `urgent`, otherwise within the
   * window.
   */
  constructor(options: {
    ownerId: string
    start: RunStart
    startedAt: number
    stored: StoredEvents
    onPending: (log: EventLog, urgent: boolean) => void
  }) {
    this.ownerId = options.ownerId
    this.start = options.start
    this.startedAt = options.startedAt
    this.#onPending = options.onPending
    const { parts, lastSeq, frames } = options.stored
    this.parts = structuredClone([...parts])
    this.lastSeq = lastSeq
    if (frames) this.#keep(1, frames)
  }

  /** Adds one event. The first text is urgent, because it ends the wait of the reader. */
  append(event: ContentEvent | Extract<RunEvent, { type: 'run-retry' }>): void {
    if (this.#pendingEnd) throw new Error(`event appended to the finished log of run ${this.start.runId}`)
    if (this.#growing?.type === event.type) {
      this.#growing.content += event.content
      return
    }
    // A copy, because later deltas are joined to it.
    const pending = { ...event }
    this.#pending.push(pending)
    this.#growing = isDelta(pending) ? pending : undefined
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

  /** Ends the log. Resolves with the end once it is stored. Only the first call counts. */
  finish(end: RunEnd): Promise<RunEnd> {
    if (!this.#pendingEnd) {
      this.#pendingEnd = end
      this.#onPending(this, true)
    }
    return this.#endStored.promise
  }

  /** UTF-16 units of text and frames that are not stored. */
  get unstoredLength(): number {
    let length = this.#unstoredFrames.length
    for (const event of this.#pending) if (isDelta(event)) length += event.content.length
    return length
  }

  /**
   * Returns the events that a transaction has to store now. Until `markStored` each call returns the same events again,
   * and those appended since.
   */
  takeUnstored(): LogWrite | undefined {
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
    if (toSeq < fromSeq && !this.#pendingEnd && checkpoint === undefined) return undefined
    return {
      ownerId: this.ownerId,
      start: this.start,
      ...(toSeq >= fromSeq && { segment: { fromSeq, toSeq, frames: this.#unstoredFrames } }),
      ...(checkpoint !== undefined && { checkpoint }),
      ...(this.#pendingEnd && {
        end: { event: this.#pendingEnd, seq: toSeq + 1, parts: this.#foldUnstored() },
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
      this.lastSeq = segment.toSeq
      this.#keep(segment.fromSeq, segment.frames)
      for (const follower of this.#followers) follower.stored(segment.frames, segment.fromSeq)
    }
    if (end) {
      this.lastSeq = end.seq
      this.end = end.event
      for (const follower of this.#followers) follower.ended()
      this.#followers.clear()
      this.#endStored.resolve(end.event)
    }
  }

  /** The transaction with the unstored events failed, and will be tried again. Followers are told once. */
  markRefused(): void {
    if (this.isRefused) return
    this.isRefused = true
    for (const follower of this.#followers) follower.refused()
  }

  follow(follower: Follower): void {
    if (this.end) return
    this.#followers.add(follower)
    if (this.isRefused) follower.refused()
  }

  unfollow(follower: Follower): void {
    this.#followers.delete(follower)
  }

  get followerCount(): number {
    return this.#followers.size
  }

  /**
   * The stored frames after `seq`, without the end. `undefined` if memory no longer has them, or if the log has no
   * event `seq`.
   */
  framesAfter(seq: number): string | undefined {
    const lastFrame = this.end ? this.lastSeq - 1 : this.lastSeq
    if (seq > this.lastSeq) return undefined
    if (seq >= lastFrame) return ''
    const first = this.#kept.findLastIndex(kept => kept.seq <= seq + 1)
    if (first === -1) return undefined
    let frames = framesFrom(this.#kept[first]?.frames ?? '', seq + 1)
    for (let index = first + 1; index < this.#kept.length; index++) frames += this.#kept[index]?.frames
    return frames
  }

  /** One frame that stands for every stored event except the end. */
  snapshot(): string {
    const seq = this.end ? this.lastSeq - 1 : this.lastSeq
    return snapshotFrame(seq, this.start, this.parts)
  }

  #foldUnstored(): Part[] {
    const parts = structuredClone(this.parts)
    for (const event of this.#unstoredEvents) foldEvent(parts, event)
    return parts
  }

  #keep(seq: number, frames: string): void {
    this.#kept.push({ seq, frames })
    this.#keptLength += frames.length
    while (this.#keptLength > MAX_KEPT_FRAMES && this.#kept.length > 1) {
      this.#keptLength -= this.#kept.shift()?.frames.length ?? 0
    }
  }
}

/**
 * The stored beginning of a log: the message so far, and the `seq` of its last event. `frames` has all frames, if they are
 * known.
 */
export interface StoredEvents {
  readonly parts: readonly Part[]
  readonly lastSeq: number
  readonly frames?: string
}

/**
 * The events that a run begins with. They are stored together with its row. `continued` is the message that the run
 * continues.
 */
export function firstEvents(
  start: RunStart,
  continued?: { messageId: string; parts: Part[] },
): Required<StoredEvents> {
  const events: RunEvent[] = [{ type: 'run-start', ...start }]
  if (continued?.parts.length) events.push({ type: 'run-continue', ...continued })
  const parts: Part[] = []
  for (const event of events) foldEvent(parts, event)
  return {
    parts,
    lastSeq: events.length,
    frames: events.map((event, index) => frameOf(index + 1, event)).join(''),
  }
}

export function snapshotFrame(seq: number, start: RunStart, parts: Part[]): string {
  return frameOf(seq, { type: 'snapshot', ...start, parts })
}

/**
 * The part of `frames` from `seq` on. JSON escapes line breaks, so a line that begins with `id:` is always the start of
 * a frame.
 */
export function framesFrom(frames: string, seq: number): string {
  if (frames.startsWith(`id: ${seq}\n`)) return frames
  const index = frames.indexOf(`\n\nid: ${seq}\n`)
  return index === -1 ? '' : frames.slice(index + 2)
}

function frameOf(seq: number, event: StreamEvent): string {
  return encodeFrame(seq, event.type, encodeData(event))
}
