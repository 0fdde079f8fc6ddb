import {
  foldEvent,
  type RunEnd,
  type RunEvent,
  type RunStart,
  type StreamEvent,
} from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import { encodeData, encodeFrame, framesFrom } from '../../protocol/sse.ts'

/** The log calls it after each commit, in order. It must not throw. */
export interface Follower {
  stored(frames: string, fromSeq: number): void
  /** Nothing can be stored at the moment, so nothing is shown. */
  refused(): void
  ended(): void
  /** Another node may write the run now, so that whoever follows it has to ask again. */
  cut(): void
}

/**
 * The most frames that memory keeps for readers that come back, in UTF-16 units. A reader that misses older frames gets
 * a snapshot.
 */
const MAX_KEPT_FRAMES = 64 * 1024

/** No follower has just the event before this one, so each asks what it misses. */
const UNKNOWN = -1

export interface StoredLogOptions {
  ownerId: string
  start: RunStart
  startedAt: number
  /** What the log already holds. */
  stored: StoredEvents
}

/**
 * The stored part of a run, in memory, for readers that follow it. The node that writes the run fills it. At another
 * node the relay does, or what is read in the database.
 */
export class StoredLog {
  readonly ownerId: string
  readonly start: RunStart
  readonly startedAt: number
  /** The fold of the stored events. */
  readonly parts: Part[]
  /** `seq` of the last stored event. */
  lastSeq: number
  /** Whether the last transaction with new events failed. */
  isRefused = false
  /** The run's end, once it is stored. */
  end: RunEnd | undefined

  readonly #followers = new Set<Follower>()
  #kept: { seq: number; frames: string }[] = []
  #keptLength = 0

  constructor({ ownerId, start, startedAt, stored }: StoredLogOptions) {
    this.ownerId = ownerId
    this.start = start
    this.startedAt = startedAt
    const { parts, lastSeq, frames } = stored
    this.parts = structuredClone([...parts])
    this.lastSeq = lastSeq
    if (frames) this.#keep(1, frames)
  }

  /** Takes events that are stored now and folded into `parts`, and shows them. */
  protected show(segment: { fromSeq: number; toSeq: number; frames: string }): void {
    this.isRefused = false
    this.lastSeq = segment.toSeq
    this.#keep(segment.fromSeq, segment.frames)
    for (const follower of this.#followers) follower.stored(segment.frames, segment.fromSeq)
  }

  /** Takes the end, which is stored now, and shows it. */
  protected showEnd(seq: number, end: RunEnd): void {
    this.isRefused = false
    this.lastSeq = seq
    this.end = end
    for (const follower of this.#followers) follower.ended()
    this.#followers.clear()
  }

  /** The transaction with the unstored events failed, and will be tried again. Followers are told once. */
  markRefused(): void {
    if (this.isRefused) return
    this.isRefused = true
    for (const follower of this.#followers) follower.refused()
  }

  /** Takes `parts` in place of what the log has, because the events in between are not known. */
  protected replace(parts: readonly Part[], lastSeq: number): void {
    this.parts.splice(0, this.parts.length, ...structuredClone([...parts]))
    this.lastSeq = lastSeq
    this.#kept = []
    this.#keptLength = 0
    for (const follower of this.#followers) follower.stored('', UNKNOWN)
  }

  /** Sends every follower away. The run may go on. */
  cutFollowers(): void {
    for (const follower of this.#followers) follower.cut()
    this.#followers.clear()
  }

  follow(follower: Follower): void {
    if (this.end) return
    this.#followers.add(follower)
    if (this.isRefused) follower.refused()
  }

  unfollow(follower: Follower): void {
    this.#followers.delete(follower)
  }

  /**
   * `seq` of the last event that may be stored already. It is greater than `lastSeq` while the database has not answered
   * yet: readers of another node may know the outcome first.
   */
  get lastSentSeq(): number {
    return this.lastSeq
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

export function frameOf(seq: number, event: StreamEvent): string {
  return encodeFrame(seq, event.type, encodeData(event))
}
