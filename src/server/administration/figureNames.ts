import type { RunErrorCode } from '../../protocol/errors.ts'
import type { EndStatus } from '../../protocol/events.ts'

/** The names of the figures of a day. */
export const FIGURES = {
  runs: (status: EndStatus) => `runs:${status}`,
  failures: (code: RunErrorCode) => `failures:${code}`,
  inputTokens: 'tokens:input',
  outputTokens: 'tokens:output',
  micros: 'micros',
  /** Runs whose first text came within this bucket. */
  firstToken: (ms: number) => `first:${bucketOf(ms)}`,
} as const

/** Each bucket ends at 10 % more than the one before, so that its middle is within 5 % of what is in it. */
const STEP = Math.log(1.1)
/** About two hours. */
const LAST_BUCKET = 166

function bucketOf(ms: number): number {
  return Math.min(LAST_BUCKET, Math.max(0, Math.round(Math.log(Math.max(1, ms)) / STEP)))
}

/** The milliseconds that stand for a bucket. */
export function middleOf(bucket: number): number {
  return Math.round(Math.exp(bucket * STEP))
}

/** What comes after `prefix:` in the name of a figure. `undefined` if it is another figure. */
export function afterPrefix(name: string, prefix: 'runs' | 'failures' | 'first'): string | undefined {
  return name.startsWith(`${prefix}:`) ? name.slice(prefix.length + 1) : undefined
}
