import type { RunEnd } from '../../protocol/events.ts'
import { encodeWait, framesFrom } from '../../protocol/sse.ts'
import type { RunStore, StoredRun } from './runStore.ts'
import { type Follower, type StoredLog, snapshotFrame } from './storedLog.ts'

/** One HTTP response, as the log sees it. */
export interface Reader {
  /** Whether its buffer is over its budget. If so, nothing more may be written before `drained` calls back. */
  readonly isFull: boolean
  /** Takes whole frames. */
  write(frames: string): void
  /** Calls back once, when the buffer has room again. */
  drained(callback: () => void): void
  /** Writes the last event. The reader then closes itself. */
  end(seq: number, end: RunEnd): void
  /** The run has ended, and the reader already had everything: there is nothing to send. */
  alreadyEnded(): void
  /** Nothing more comes from here, and the run has not ended. The reader closes itself, and its client asks again. */
  cut(): void
}

export interface Subscription {
  unsubscribe(): void
}

/** Up to this many UTF-16 units, missing frames are sent as they are, even if a snapshot would be shorter. */
const SMALL_GAP = 4096

/** Follows an active run after event `after`: first sends what is missing, then every commit as it happens. */
export function followLog(log: StoredLog, after: number, reader: Reader): Subscription {
  const follower = new LogFollower(log, after, reader)
  follower.catchUp()
  log.follow(follower)
  return follower
}

type EndedRun = Pick<StoredRun, 'start' | 'parts' | 'lastSeq'> & { end: RunEnd }

/** Sends a reader what it misses of a run that has ended, and the end. Throws what the store throws. */
export async function replayRun(
  { store, run }: { store: Pick<RunStore, 'framesAfter'>; run: EndedRun },
  after: number,
  reader: Reader,
): Promise<void> {
  const { start, end, lastSeq } = run
  if (after === lastSeq) return reader.alreadyEnded()
  const frames = after < lastSeq - 1 ? await store.framesAfter(start.runId, after) : ''
  const snapshot = () => snapshotFrame(lastSeq - 1, start, run.parts)
  // The end of a run that lost its process is further on than its last frame.
  const reachesEnd = frames !== undefined && (frames === '' || framesFrom(frames, lastSeq - 1) !== '')
  if (after > lastSeq || !reachesEnd) reader.write(snapshot())
  else if (frames.length > 0) reader.write(frames.length <= SMALL_GAP ? frames : shorter(frames, snapshot()))
  reader.end(lastSeq, end)
}

class LogFollower implements Follower, Subscription {
  readonly #log: StoredLog
  readonly #reader: Reader
  /** `seq` of the last event written to the reader. */
  #position: number
  /**
   * Whether the buffer of the reader is over its budget. Then the follower sends no commit until the buffer has
   * drained.
   */
  #behind = false
  #hasLeft = false

  constructor(log: StoredLog, after: number, reader: Reader) {
    this.#log = log
    this.#position = after
    this.#reader = reader
  }

  /**
   * Reads position and frames in one synchronous block, because an await between them would lose or double a commit.
   */
  catchUp(): void {
    if (this.#waits()) return
    const { lastSeq, lastSentSeq, end } = this.#log
    // Another node has shown the reader what this one does not yet know to be stored.
    if (this.#position > lastSeq && this.#position <= lastSentSeq) return
    const lastFrame = end ? lastSeq - 1 : lastSeq
    const missing = this.#log.framesAfter(this.#position)
    if (missing === undefined) this.#write(this.#log.snapshot(), lastFrame)
    else if (missing.length > SMALL_GAP) this.#write(shorter(missing, this.#log.snapshot()), lastFrame)
    else if (missing.length > 0) this.#write(missing, lastFrame)
    if (end) this.ended()
  }

  stored(frames: string, fromSeq: number): void {
    if (this.#waits()) return
    if (fromSeq === this.#position + 1) this.#write(frames, this.#log.lastSeq)
    else this.catchUp()
  }

  refused(): void {
    if (this.#waits()) return
    this.#write(encodeWait({ type: 'run-wait', code: 'STORAGE_UNAVAILABLE' }), this.#position)
  }

  ended(): void {
    const { lastSeq, end } = this.#log
    if (!end || this.#waits()) return
    const hadEnd = this.#position === lastSeq
    this.#position = lastSeq
    if (hadEnd) this.#reader.alreadyEnded()
    else this.#reader.end(lastSeq, end)
  }

  cut(): void {
    if (!this.#hasLeft) this.#reader.cut()
    this.#hasLeft = true
  }

  unsubscribe(): void {
    this.#hasLeft = true
    this.#log.unfollow(this)
  }

  #write(frames: string, position: number): void {
    this.#position = position
    this.#reader.write(frames)
    this.#waits()
  }

  /** True for a reader that has left, or that is full. A full reader catches up when it has drained. */
  #waits(): boolean {
    if (this.#behind || this.#hasLeft) return true
    if (!this.#reader.isFull) return false
    this.#behind = true
    this.#reader.drained(() => {
      this.#behind = false
      this.catchUp()
    })
    return true
  }
}

function shorter(frames: string, snapshot: string): string {
  return frames.length <= snapshot.length ? frames : snapshot
}
