import { decodeMark } from '../../protocol/manyRuns.ts'
import { decodeFrame } from '../../protocol/sse.ts'
import type { ServerEvent } from './readEvents.ts'
import type { Frame } from './runCursor.ts'

/** The frames of one run in one network chunk, in order. */
export interface RunFrames {
  /** `null` on a stream of one run. */
  runId: string | null
  frames: Frame[]
  /** The server says that nothing more comes of the run, or that there is no such run. */
  isOver: boolean
}

/**
 * Makes the function that sorts the events of one response by run, chunk by chunk. A `run` mark holds for the chunks after
 * it, too. An event that is not JSON becomes a frame without a number, which breaks the stream.
 */
export function createFrameSorter(): (events: readonly ServerEvent[]) => RunFrames[] {
  let runId: string | null = null

  function sort({ id, name, data }: ServerEvent, of: (runId: string | null) => RunFrames) {
    const mark = decodeMark(name, data)
    if (!mark) of(runId).frames.push({ seq: Number(id), event: decodeFrame(name, data) })
    else if (mark.type === 'run') runId = mark.runId
    else of(mark.runId).isOver = true
  }

  return events => {
    const runs = new Map<string | null, RunFrames>()
    const of = (runId: string | null) => {
      const run = runs.get(runId) ?? { runId, frames: [], isOver: false }
      runs.set(runId, run)
      return run
    }
    for (const event of events) {
      try {
        sort(event, of)
      } catch {
        of(runId).frames.push({ seq: Number.NaN, event: undefined })
      }
    }
    return [...runs.values()]
  }
}
