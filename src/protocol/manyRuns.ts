import { PATHS } from './paths.ts'

export const MANY_RUNS_PATH = PATHS.manyRuns
/** The most runs that one stream takes. */
export const MAX_RUNS = 50

/**
 * Says on a stream of many runs which run it is about.
 * - `run`: the frames after it belong to that run.
 * - `run-done`: the run has ended, and the reader already had everything.
 * - `run-gone`: there is no such run.
 */
export interface RunMark {
  type: 'run' | 'run-done' | 'run-gone'
  runId: string
}

const MARKS: ReadonlySet<string> = new Set<RunMark['type']>(['run', 'run-done', 'run-gone'])

/** The path and query that ask for these runs, each after event `seq`. At most `MAX_RUNS` of them. */
export function manyRunsUrl(positions: readonly { runId: string; seq: number }[]): string {
  return `${MANY_RUNS_PATH}?${positions.map(({ runId, seq }) => `run=${runId}:${seq}`).join('&')}`
}

export function encodeMark({ type, runId }: RunMark): string {
  return `event: ${type}\ndata: {"runId":"${runId}"}\n\n`
}

/** The mark of a parsed frame. The parameters are those of `decodeFrame`. `undefined` for a frame of a run itself. */
export function decodeMark(name: string | undefined, data: string): RunMark | undefined {
  return name !== undefined && MARKS.has(name) ? ({ type: name, ...JSON.parse(data) } as RunMark) : undefined
}
