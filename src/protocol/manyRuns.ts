import { PATHS } from './paths.ts'

export const MANY_RUNS_PATH = PATHS.manyRuns
/** Runs that one stream takes, at most. */
export const MAX_RUNS = 50

/**
 * What a stream of many runs says besides their events. `run`: what follows belongs to that run. `run-done`: it has
 * ended, and the reader had all of it. `run-gone`: there is no such run.
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

/** The mark of a parsed frame, as `decodeFrame`; `undefined` for the frames of the runs themselves. */
export function decodeMark(name: string | undefined, data: string): RunMark | undefined {
  return name !== undefined && MARKS.has(name) ? ({ type: name, ...JSON.parse(data) } as RunMark) : undefined
}
