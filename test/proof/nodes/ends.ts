import { BOUNDS } from '../bounds.ts'
import type { History, RunRecord } from '../history.ts'

/** A run that ended so long after a fault was hardly ended by its provider, in milliseconds. */
const LONGER_THAN_A_REPLY = 5000

/**
 * How long after the last fault in its life each run ended that a fault has hit, in milliseconds, as its first reader
 * saw it.
 */
export function endsAfterFaults(history: History): { runId: string; what: string; took: number }[] {
  return [...history.runs.values()].flatMap(run => {
    const hits = history.troubles.filter(
      ({ mendableFrom }) => run.accepted.from <= mendableFrom && run.endSeen > mendableFrom,
    )
    const last = hits.toSorted((a, b) => a.mendableFrom - b.mendableFrom).at(-1)
    if (!last || !Number.isFinite(run.endSeen)) return []
    const took = run.endSeen - last.mendableFrom
    return wasInterrupted(run) || took > LONGER_THAN_A_REPLY
      ? [{ runId: run.runId, what: last.what, took }]
      : []
  })
}

/** The runs that ended too late after a fault. */
export function lateEnds(history: History): string[] {
  return endsAfterFaults(history)
    .filter(({ took }) => took > BOUNDS.takeover)
    .map(({ runId, what, took }) => `run ${runId} ended ${Math.round(took)} ms after: ${what}`)
}

function wasInterrupted({ views }: RunRecord): boolean {
  return views.some(({ end }) => end?.status === 'interrupted')
}
