/** A `note` is neither good nor bad: something was not checked, or is only worth knowing. */
export type Verdict = 'ok' | 'note' | 'warn' | 'FAIL'

export interface Finding {
  verdict: Verdict
  /** What was checked, in one word or two. */
  check: string
  text: string
  /** What to do about it. Each remedy gets a line. */
  remedies: readonly string[]
}

type Report = (check: string, text: string, ...remedies: readonly string[]) => Finding

const report =
  (verdict: Verdict): Report =>
  (check, text, ...remedies) => ({ verdict, check, text, remedies })

export const ok = report('ok')
export const note = report('note')
export const warn = report('warn')
export const fail = report('FAIL')

/** One line, and below it a line for each remedy. */
export function linesOf({ verdict, check, text, remedies }: Finding): string {
  const lines = [`${verdict.padEnd(4)}  ${check.padEnd(11)}  ${text}`]
  return [...lines, ...remedies.map(remedy => `      ${' '.repeat(11)}  → ${remedy}`)].join('\n')
}

/** Milliseconds in a form that people read. */
export function durationOf(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}
