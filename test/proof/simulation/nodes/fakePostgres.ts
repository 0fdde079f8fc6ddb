import type { LeftRun, NewNode, NodeRow } from '../../../../src/server/database/postgres/nodes.ts'
import type { JournaledBatch, RemoteState } from '../../../../src/server/database/postgres/remote.ts'
import {
  type EncodedBatch,
  readSegments,
  type WindowAnswer,
} from '../../../../src/server/database/postgres/window.ts'
import type { SegmentRow } from '../../../../src/server/database/schema.ts'
import { withoutOverlaps } from '../../../../src/server/database/segments.ts'
import type { NewRun } from '../../../../src/server/log/runStore.ts'
import { FencedError } from '../../../../src/server/log/windowBatches.ts'
import type { Random } from '../../../harness/random.ts'
import { type DecodedBatch, decodeBatch } from './decodeBatch.ts'
import { type JournalRow, type Node, newRow, type PostgresEvents, type Run } from './fakeTables.ts'
import { FakeTransactions } from './fakeTransactions.ts'

/**
 * The tables that nodes share, in memory. Each call is one transaction, which does what the statements of
 * `database/postgres/` do. A contract suite runs the same facts over both.
 */
export class FakePostgres {
  readonly #events: PostgresEvents
  readonly #transactions: FakeTransactions
  readonly #now: () => number
  readonly #nodes = new Map<string, Node>()
  readonly #runs = new Map<string, Run>()
  readonly #beatAt = new Map<string, number>()
  readonly #deadAt = new Map<string, number>()
  /** Runs are accepted, and end, in synced transactions, so that no crash changes this. */
  readonly #active = new Set<string>()
  /** By node, in the order of the batches. */
  readonly #journal = new Map<string, readonly JournalRow[]>()
  /** By run, in the order of the events. */
  readonly #segments = new Map<string, readonly SegmentRow[]>()

  constructor(now: () => number, events: PostgresEvents = {}) {
    this.#now = now
    this.#events = events
    this.#transactions = new FakeTransactions(now)
  }

  register(node: NewNode): void {
    if (this.#nodes.has(node.id)) return
    const life = { beat: 0, isDead: false, hasLeft: false, settlesAsked: 0 }
    this.#write('power', () => this.#set(this.#nodes, node.id, { ...node, ...life }))
  }

  /** Asynchronous, because a server may be set so. Then it saves nothing that was stored before. */
  beat(id: string): boolean {
    const node = this.#alive(id)
    if (!node) return false
    this.#write('process', () => this.#set(this.#nodes, id, { ...node, beat: node.beat + 1 }))
    this.#beatAt.set(id, this.#now())
    return true
  }

  list(): NodeRow[] {
    const now = this.#now()
    return [...this.#nodes.values()].flatMap(({ id, beat, hasLeft, settlesAsked, isDead }) =>
      isDead ? [] : { id, beat, hasLeft, settlesAsked, now },
    )
  }

  time(): number {
    return this.#now()
  }

  /** When the node was found dead. `undefined` if it was not. */
  deadAt(nodeId: string): number | undefined {
    return this.#deadAt.get(nodeId)
  }

  /** When a beat of the node last came. */
  beatAt(nodeId: string): number {
    return this.#beatAt.get(nodeId) ?? 0
  }

  stops(nodeId: string): string[] {
    return this.#own(nodeId).flatMap(({ row, isStopAsked }) => (isStopAsked ? row.id : []))
  }

  ownRunIds(nodeId: string): string[] {
    return this.#own(nodeId).map(({ row }) => row.id)
  }

  ownRuns(nodeId: string, isWanted: (runId: string) => boolean): LeftRun[] {
    return this.#own(nodeId).flatMap(({ row }) =>
      isWanted(row.id) ? { row, segments: this.segments(row.id, 0) } : [],
    )
  }

  takeOver({ id, beat, by }: { id: string; beat: number; by: string }): LeftRun[] {
    const node = this.#alive(id)
    if (!node || node.beat !== beat) return []
    if (id === by || !this.#alive(by)) throw new Error('a node that is dead itself takes nothing over')
    return this.#write('power', () => {
      this.#set(this.#nodes, id, { ...node, isDead: true })
      const left = (this.#journal.get(id) ?? []).flatMap(({ segments }) => segments)
      const taken = this.#own(id).map(run => {
        const row = { ...run.row }
        this.#set(this.#runs, row.id, { ...run, nodeId: by })
        const settled = this.#settled(row.id, 0)
        const all = withoutOverlaps([...settled, ...left.filter(({ run_id }) => run_id === row.id)])
        const added = all.slice(settled.length)
        const [first, last] = [added[0], added.at(-1)]
        if (!first || !last) return { row, segments: [...settled] }
        const frames = added.map(segment => segment.frames).join('')
        const joined = { ...first, to_seq: last.to_seq, frames }
        this.#set(this.#segments, row.id, [...settled, joined])
        return { row, segments: [...settled, joined] }
      })
      this.#set(this.#journal, id, undefined)
      this.#deadAt.set(id, this.#now())
      this.#events.onTakenOver?.(id, by)
      return taken
    })
  }

  countResume(runId: string): void {
    this.#changeRun(runId, run => ({ row: { ...run.row, resumes: run.row.resumes + 1 } }))
  }

  forget(id: string): void {
    const node = this.#nodes.get(id)
    if (!node) return
    this.#write('process', () => {
      this.#set(this.#nodes, id, { ...node, hasLeft: true })
      if (this.#own(id).length > 0) return
      this.#set(this.#nodes, id, undefined)
      this.#set(this.#journal, id, undefined)
    })
  }

  states(runIds: readonly string[]): RemoteState[] {
    return runIds.flatMap(id => {
      const run = this.#runs.get(id)
      if (!run) return []
      const address = this.#nodes.get(run.nodeId)?.address ?? null
      return { id, nodeId: run.nodeId, address, hasEnded: run.row.status !== 'active' }
    })
  }

  lastBatches(nodeIds: readonly string[]): { nodeId: string; batch: number }[] {
    return nodeIds.map(nodeId => ({ nodeId, batch: this.#lastBatch(nodeId) }))
  }

  journals(nodeIds: readonly string[], cursors: readonly number[]): JournaledBatch[] {
    return nodeIds.flatMap((nodeId, index) =>
      (this.#journal.get(nodeId) ?? [])
        .filter(({ batch }) => batch > (cursors[index] ?? 0))
        .map(({ batch, segments }) => ({ nodeId, batch, segments: [...segments] })),
    )
  }

  askToStop(runId: string): void {
    this.#changeRun(runId, () => ({ isStopAsked: true }))
  }

  askToSettle(exceptId: string): void {
    this.#write('process', () => {
      for (const node of this.#nodes.values())
        if (node.id !== exceptId && !node.isDead)
          this.#set(this.#nodes, node.id, { ...node, settlesAsked: node.settlesAsked + 1 })
    })
  }

  accept(run: NewRun, nodeId: string): void {
    if (!this.#alive(nodeId)) throw new FencedError()
    const { start, stored } = run
    const frames = { run_id: start.runId, from_seq: 1, to_seq: stored.lastSeq, frames: stored.frames }
    this.#write('power', () => {
      this.#set(this.#runs, start.runId, { row: newRow(run), nodeId, isStopAsked: false })
      this.#set(this.#segments, start.runId, [frames])
      this.#active.add(start.runId)
      this.#events.onAccepted?.(run, nodeId)
    })
  }

  /** The row of a run, and JSON of the parts of its message once it has ended. */
  run(id: string): Pick<Run, 'row' | 'parts'> | undefined {
    return this.#runs.get(id)
  }

  /** What has settled of a run after an event, and what is in the journal of its node. */
  segments(runId: string, after: number): SegmentRow[] {
    const run = this.#runs.get(runId)
    const journaled = run?.row.status === 'active' ? (this.#journal.get(run.nodeId) ?? []) : []
    const left = journaled.flatMap(({ segments }) =>
      segments.filter(row => row.run_id === runId && row.to_seq > after),
    )
    return withoutOverlaps([...this.#settled(runId, after), ...left])
  }

  /** What has settled of a run after an event. */
  settled(runId: string, after: number): SegmentRow[] {
    return [...this.#settled(runId, after)]
  }

  /** The active runs, with the nodes that write them. */
  active(): { runId: string; nodeId: string }[] {
    return [...this.#active].flatMap(runId => {
      const run = this.#runs.get(runId)
      return run ? { runId, nodeId: run.nodeId } : []
    })
  }

  /** As the statement of a window. */
  store(encoded: EncodedBatch): WindowAnswer {
    const batch = decodeBatch(encoded)
    const { nodeId, number, journaled } = batch
    const isAlive = !!this.#alive(nodeId)
    const isNext = isAlive && this.#isNext(batch)
    if (isNext)
      this.#write(batch.durability, () => this.#storeBatch(batch), {
        nodeId,
        number,
        isRow: journaled !== null,
      })
    return { isAlive, isNext, stops: this.stops(nodeId) }
  }

  /** Dies, and loses some of the last transactions that were not synced. */
  crash(random: Random): void {
    for (const { nodeId, number, runIds } of this.#transactions.crash(random))
      this.#events.onLost?.(nodeId, number, runIds)
  }

  #isNext({ nodeId, number, after }: DecodedBatch): boolean {
    const last = this.#lastBatch(nodeId)
    return after <= last && last <= number
  }

  #storeBatch({ nodeId, number, journaled, settling, clears, checkpoints, ends }: DecodedBatch): string[] {
    const rows = this.#journal.get(nodeId) ?? []
    const isKnown = rows.some(({ batch }) => batch === number)
    const isOwn = (runId: string) => this.#own(nodeId).some(({ row }) => row.id === runId)
    const segments = journaled ? readSegments(journaled) : []
    const owned = settling.filter(({ run_id }) => isOwn(run_id))
    for (const segment of owned) this.#settle(segment)
    if (!isKnown)
      for (const { id, checkpoint } of checkpoints)
        if (isOwn(id)) this.#changeRun(id, ({ row }) => ({ row: { ...row, checkpoint } }))
    for (const { parts, ...end } of ends.filter(({ id }) => isOwn(id))) {
      this.#changeRun(end.id, ({ row }) => ({ row: { ...row, ...end }, parts }))
      this.#active.delete(end.id)
      this.#events.onEnded?.(end.id)
    }
    const kept = clears ? rows.filter(({ batch }) => batch >= number) : rows
    const isNew = journaled !== null && !isKnown
    if (isNew || clears)
      this.#set(
        this.#journal,
        nodeId,
        (isNew ? [...kept, { batch: number, segments }] : [...kept]).sort((a, b) => a.batch - b.batch),
      )
    const all = [...owned, ...segments]
    if (journaled !== null || all.length > 0) this.#events.onBatch?.(nodeId, number, all)
    return [...new Set(all.map(({ run_id }) => run_id))]
  }

  #settle(segment: SegmentRow): void {
    const settled = this.#segments.get(segment.run_id) ?? []
    if (settled.some(({ from_seq }) => from_seq === segment.from_seq)) return
    this.#set(
      this.#segments,
      segment.run_id,
      [...settled, segment].sort((a, b) => a.from_seq - b.from_seq),
    )
  }

  #alive(id: string): Node | undefined {
    const node = this.#nodes.get(id)
    return node?.isDead ? undefined : node
  }

  #own(nodeId: string): Run[] {
    return [...this.#active].flatMap(runId => {
      const run = this.#runs.get(runId)
      return run?.nodeId === nodeId ? run : []
    })
  }

  #lastBatch(nodeId: string): number {
    return this.#journal.get(nodeId)?.at(-1)?.batch ?? 0
  }

  #settled(runId: string, after: number): readonly SegmentRow[] {
    return (this.#segments.get(runId) ?? []).filter(({ to_seq }) => to_seq > after)
  }

  #changeRun(id: string, change: (run: Run) => Partial<Run>): void {
    const run = this.#runs.get(id)
    if (run?.row.status !== 'active') return
    this.#write('power', () => this.#set(this.#runs, id, { ...run, ...change(run) }))
  }

  readonly #write: FakeTransactions['write'] = (durability, work, of) =>
    this.#transactions.write(durability, work, of)

  #set<Key, Value>(table: Map<Key, Value>, key: Key, value: Value | undefined): void {
    this.#transactions.set(table, key, value)
  }
}
