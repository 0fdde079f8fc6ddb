import type { RunEnd } from '../../../../src/protocol/events.ts'
import { textOf } from '../../../../src/protocol/parts.ts'
import type { SegmentRow } from '../../../../src/server/database/schema.ts'
import type { NewRun } from '../../../../src/server/log/runStore.ts'
import type { View } from '../../view.ts'
import type { PostgresEvents } from './fakeTables.ts'
import type { Upstream } from './upstreamOfAll.ts'

/** The longest that a run may be without a node that writes it, while some node reaches the database, in milliseconds. */
const LONGEST_ORPHANED = 20_000
/** A node that nothing has happened to for this long must not be taken over, in milliseconds: as long as a lease. */
const UNDISTURBED = 12_000

interface JudgedRun {
  readonly run: NewRun
  /** The frame of each event that was ever stored. */
  readonly frames: Map<number, string>
  lastSeq: number
  ends: number
  /** When it last had a node that wrote it, or no node could have taken it over. */
  ownedAt: number
  /** A crash of the server lost events of it, and its node died before it could store them again. */
  isExcused: boolean
}

/** What the judge has to know of the nodes. */
export interface Witness {
  now(): number
  /** Whether a process lives under this id that nothing has happened to since `at`. */
  isUndisturbedSince(nodeId: string, at: number): boolean
}

interface ActiveRun {
  runId: string
  nodeId: string
  /** A process writes it, and reaches the database. */
  isOwned: boolean
  /** When its node last raised its beat. */
  leasedAt: number
}

/** Looks at what is stored and shown, and lists every broken promise. */
export class NodesJudge implements PostgresEvents {
  readonly violations: string[] = []
  readonly counts = new Map<string, number>()
  readonly #witness: Witness
  readonly #runs = new Map<string, JudgedRun>()
  /** Batches that a crash of the server has lost and that are not stored again, by node. */
  readonly #lost = new Map<string, Map<number, readonly string[]>>()

  constructor(witness: Witness) {
    this.#witness = witness
  }

  get size(): number {
    return this.#runs.size
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  violation(what: string): void {
    if (this.violations.length < 20)
      this.violations.push(`${what}, at ${Math.round(this.#witness.now()) / 1000} s`)
  }

  onAccepted(run: NewRun): void {
    const { runId } = run.start
    const frames = new Map<number, string>()
    const { lastSeq } = run.stored
    this.#runs.set(runId, {
      run,
      frames,
      lastSeq,
      ends: 0,
      ownedAt: this.#witness.now(),
      isExcused: false,
    })
    this.count('runs')
  }

  onBatch(nodeId: string, number: number, segments: readonly SegmentRow[]): void {
    const lost = this.#lost.get(nodeId)
    if (lost?.delete(number)) this.count('batches that were stored again after a crash')
    const hole = [...(lost?.keys() ?? [])].find(before => before < number)
    if (hole !== undefined)
      this.violation(`batch ${number} of ${nodeId} is stored, and batch ${hole} before it is lost`)
    for (const { run_id, from_seq, frames } of segments) {
      const run = this.#runs.get(run_id)
      if (!run) continue
      let seq = from_seq
      for (const frame of frames.split(/(?<=\n\n)(?=id: )/)) {
        const known = run.frames.get(seq)
        if (known !== undefined && known !== frame)
          this.violation(`event ${seq} of ${run_id} is stored with other bytes: ${known} and ${frame}`)
        run.frames.set(seq, frame)
        if (seq > run.lastSeq) run.lastSeq = seq
        seq += 1
      }
    }
  }

  onLost(nodeId: string, number: number, runIds: readonly string[]): void {
    const lost = this.#lost.get(nodeId) ?? new Map<number, readonly string[]>()
    this.#lost.set(nodeId, lost.set(number, runIds))
    this.count('batches that a crash of the database lost')
  }

  onTakenOver(dead: string): void {
    this.count('takeovers')
    if (this.#witness.isUndisturbedSince(dead, this.#witness.now() - UNDISTURBED))
      this.violation(`${dead} was taken over, and it lives and reaches the database`)
    for (const runId of [...(this.#lost.get(dead)?.values() ?? [])].flat()) {
      const run = this.#runs.get(runId)
      if (run && !run.isExcused)
        this.count('runs with a double fault: the database crashed, and then the node')
      if (run) run.isExcused = true
    }
    this.#lost.delete(dead)
  }

  onEnded(runId: string): void {
    const run = this.#runs.get(runId)
    if (run) run.ends += 1
  }

  /** Looks at the active runs now. */
  look(active: readonly ActiveRun[], canTakeOver: boolean): void {
    const now = this.#witness.now()
    for (const { runId, nodeId, isOwned, leasedAt } of active) {
      const run = this.#runs.get(runId)
      if (!run) continue
      run.ownedAt = isOwned || !canTakeOver ? now : Math.max(run.ownedAt, leasedAt)
      if (now - run.ownedAt <= LONGEST_ORPHANED) continue
      this.violation(
        `${runId} has had no node for ${(now - run.ownedAt) / 1000} s, its last one is ${nodeId}`,
      )
      run.ownedAt = now
    }
  }

  /** A reader gets an event. It has to have been stored. */
  shown(runId: string, seq: number, isEnd: boolean): void {
    const run = this.#runs.get(runId)
    if (!run) return
    if (isEnd ? run.ends === 0 : seq > run.lastSeq)
      this.violation(`event ${seq} of ${runId} is shown, stored are ${run.lastSeq}`)
  }

  /** Compares what is stored of a run at the end with what was written and shown. */
  judge(
    runId: string,
    stored: { status: string; parts: string | undefined },
    views: readonly View[],
    upstream: Upstream,
  ): void {
    const run = this.#runs.get(runId)
    if (!run) return
    this.count(`runs that are ${stored.status}`)
    if (run.ends !== 1) this.violation(`${runId} was ended ${run.ends} times`)
    if (stored.parts === undefined) return
    const text = textOf(JSON.parse(stored.parts))
    const given = upstream.given(runId)
    if (!given.startsWith(text)) this.violation(`${runId} is not what the provider wrote: ${text}`)
    if (stored.status === 'completed' && text !== given) this.violation(`${runId} lacks text: ${text}`)
    if (run.isExcused) return
    for (const view of views) {
      for (const violation of view.violations) this.violation(violation)
      if (!view.end) this.violation(`a reader of ${runId} saw no end`)
      else if (!isSameEnd(view.end, stored.status)) this.violation(`a reader of ${runId} saw another end`)
      if (view.text !== text)
        this.violation(`a reader of ${runId} saw other text: ${view.text} instead of ${text}`)
    }
  }
}

function isSameEnd(end: RunEnd, status: string): boolean {
  return end.status === status
}
