import type { RemoteDatabase } from '../database/postgres/remote.ts'
import type { RemoteRun } from './remoteRun.ts'

/** A node that writes runs which somebody follows here. */
export interface Writer {
  readonly nodeId: string
  /** `null` if other nodes cannot reach it. */
  readonly address: string | null
  readonly runs: Set<RemoteRun>
  /** Every event up to this batch of its journal is known of every run, or the run `isBehind`. `undefined` if it is not known. */
  cursor: number | undefined
}

/** Gives runs what the journals of their nodes have after the cursors, and moves these on. */
export async function readNews(
  database: Pick<RemoteDatabase, 'lastBatches' | 'journals'>,
  writers: readonly Writer[],
  runOf: (runId: string) => RemoteRun | undefined,
): Promise<void> {
  const byId = new Map(writers.map(writer => [writer.nodeId, writer]))
  const unread = writers.flatMap(({ nodeId, cursor }) => (cursor === undefined ? nodeId : []))
  // Each of its runs is read after this, or comes by a relay.
  for (const { nodeId, batch } of await database.lastBatches(unread)) {
    const writer = byId.get(nodeId)
    if (writer) writer.cursor ??= batch
  }
  const last = new Map(writers.map(({ nodeId, cursor = 0 }) => [nodeId, cursor]))
  const rows = await database.journals([...last.keys()], [...last.values()])
  for (const { nodeId, batch, segments } of rows) {
    const isNext = batch === (last.get(nodeId) ?? 0) + 1
    last.set(nodeId, batch)
    for (const segment of segments) {
      const run = runOf(segment.run_id)
      // A node that was taken over may have written more, which is not of the run any more.
      if (run?.nodeId === nodeId) run.take(segment)
    }
    const writer = byId.get(nodeId)
    if (!writer) continue
    writer.cursor = Math.max(writer.cursor ?? 0, batch)
    // Rows in between have settled.
    if (!isNext) for (const run of writer.runs) if (!run.isRelayed) run.isBehind = true
  }
}
