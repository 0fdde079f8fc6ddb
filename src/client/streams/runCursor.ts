import type { StreamEvent } from '../../protocol/events.ts'

/** One frame of a run. An event of an unknown type is `undefined`; its `seq` counts. A `run-wait` has no `seq`. */
export interface Frame {
  seq: number
  event: StreamEvent | undefined
}

export interface RunPosition {
  runId: string
  /** The number of the last event applied. */
  seq: number
}

export interface RunCursor {
  /** `null` until the run has begun. */
  readonly position: RunPosition | null
  /** Gives the frames that are new and in order. `broken`: a frame is missing or makes no sense. */
  take(frames: readonly Frame[]): { taken: Frame[]; state: 'open' | 'ended' | 'broken' }
}

/**
 * Applies the rule of PROTOCOL.md, "Resuming": each event once and in order, however often it comes, and over whichever
 * connection.
 */
export function createCursor(from: RunPosition | null): RunCursor {
  let position = from

  function step({ seq, event }: Frame): 'taken' | 'old' | 'broken' {
    if (event?.type === 'run-wait') return 'taken'
    const last = position?.seq ?? 0
    const isSnapshot = event?.type === 'snapshot'
    if (!isSnapshot && seq <= last) return 'old'
    if (!isSnapshot && seq !== last + 1) return 'broken'
    const runId = isSnapshot || event?.type === 'run-start' ? event.runId : position?.runId
    if (!runId) return 'broken'
    position = { runId, seq }
    return 'taken'
  }

  return {
    get position() {
      return position
    },
    take: frames => {
      const taken: Frame[] = []
      for (const frame of frames) {
        const outcome = step(frame)
        if (outcome === 'broken') return { taken, state: 'broken' }
        if (outcome === 'taken') taken.push(frame)
        if (outcome === 'taken' && frame.event?.type === 'run-end') return { taken, state: 'ended' }
      }
      return { taken, state: 'open' }
    },
  }
}

/** The events of frames, without those of an unknown type. */
export function eventsOf(frames: readonly Frame[]): StreamEvent[] {
  return frames.flatMap(({ event }) => event ?? [])
}
