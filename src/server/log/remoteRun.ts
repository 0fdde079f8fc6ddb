import { createParser } from 'eventsource-parser'
import { foldEvent, type RunEnd } from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import { decodeFrame, framesFrom } from '../../protocol/sse.ts'
import type { Clock } from '../clock.ts'
import type { SegmentRow } from '../database/schema.ts'
import type { FollowingLink } from './relay/relayLink.ts'
import type { RelayRecord } from './relay/relayRecords.ts'
import type { StoredRun } from './runStore.ts'
import { StoredLog } from './storedLog.ts'

/** What is stored of a run of another node. */
export class RemoteRun extends StoredLog {
  /** The node that writes it. `undefined` until it is known. */
  nodeId: string | null | undefined
  /** Whether there may be events that neither the journal nor a relay gives. */
  isBehind = false
  /** Readers that are about to follow it. */
  comers = 0
  /** The link that was asked for it, and the number of that wish. */
  wish: { link: FollowingLink; number: number; state: 'asked' | 'joined' | 'unknown' } | undefined

  readonly #answered = Promise.withResolvers<void>()

  /** It has no events at first. */
  constructor(run: Pick<StoredRun, 'ownerId' | 'start' | 'startedAt'>) {
    super({ ...run, stored: { parts: [], lastSeq: 0 } })
  }

  /** Resolves once the first wish has an answer, or gets none. */
  get answered(): Promise<void> {
    return this.#answered.promise
  }

  setAnswered(): void {
    this.#answered.resolve()
  }

  /** Whether a relay brings everything that is stored of it, at once. */
  get isRelayed(): boolean {
    return this.wish?.state === 'joined' && this.wish.link.isDelivering && !this.isBehind
  }

  /** Whether nobody follows it, or is about to. */
  get isIdle(): boolean {
    return this.followerCount + this.comers === 0
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

  /** Takes a granted wish. `parts`: the message so far, if it is not in the segments before. */
  join(lastSeq: number, parts: readonly Part[] | undefined): void {
    if (this.wish) this.wish.state = 'joined'
    if (this.lastSeq < lastSeq && parts) this.replace(parts, lastSeq)
    this.isBehind = this.lastSeq < lastSeq
    this.setAnswered()
  }

  /** Takes the end, if it is the next event. */
  takeEnd(seq: number, end: RunEnd): void {
    if (this.lastSeq === seq - 1) this.showEnd(seq, end)
    else this.isBehind = true
  }

  /**
   * Takes what is stored. `frames`: those after event `after`, or `undefined` if they are not all there. A relay may have
   * brought some of them while the database was read.
   */
  catchUp(stored: StoredRun, frames: string | undefined, after: number): void {
    if (this.end) return
    const lastFrame = stored.end ? stored.lastSeq - 1 : stored.lastSeq
    const missing = frames && this.lastSeq > after ? framesFrom(frames, this.lastSeq + 1) : frames
    // After a jump of the numbers the last frame is not the one before the end.
    const toSeq = lastNumberIn(missing ?? '')
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

/** Gives what a record has to the runs of the node that sent it. */
export function takeRecord(record: RelayRecord, runOf: (runId: string) => RemoteRun | undefined): void {
  for (const segment of record.segments) runOf(segment.run_id)?.take(segment)
  for (const { runId, wish, lastSeq, parts } of record.joined) {
    const run = runOf(runId)
    if (run?.wish?.number === wish) run.join(lastSeq, parts)
  }
  for (const { runId, wish } of record.unknown) {
    const run = runOf(runId)
    if (run?.wish?.number !== wish) continue
    run.wish.state = 'unknown'
    run.isBehind = true
    run.setAnswered()
  }
  for (const runId of record.refused) runOf(runId)?.markRefused()
  for (const { runId, seq, end } of record.ended) runOf(runId)?.takeEnd(seq, end)
}

/** How long a reader waits for events that it was shown and that are not stored, and how often it looks, in milliseconds. */
const FORGOTTEN_WAIT = 3000
const FORGOTTEN_INTERVAL = 50
/** No database forgets more events of a run than that. A reader who asks for more was never shown them. */
const MOST_FORGOTTEN = 1000

/**
 * Waits until event `seq` of a run is stored, at most 3 s. PostgreSQL may have died and forgotten what a reader was shown.
 * The node that wrote it stores it again. If it does not in time, it is dead too.
 */
export async function untilStored(
  run: RemoteRun,
  seq: number,
  { clock, readAgain }: { clock: Clock; readAgain: (run: RemoteRun) => Promise<void> },
): Promise<void> {
  if (seq - run.lastSeq > MOST_FORGOTTEN) return
  const deadline = clock.monotonic() + FORGOTTEN_WAIT
  while (seq > run.lastSeq && !run.end && clock.monotonic() < deadline) {
    await new Promise<void>(resolve => clock.schedule(resolve, FORGOTTEN_INTERVAL))
    await readAgain(run)
  }
}

/** The number of the last of these frames. 0 if there is none. */
function lastNumberIn(frames: string): number {
  const last = frames.lastIndexOf('\n\nid: ')
  const begin = last === -1 ? frames : frames.slice(last + 2)
  return Number(/^id: (\d+)\n/.exec(begin)?.[1] ?? 0)
}
