/**
 * Replaces each character in a code span by a letter, because no mark in a code span counts. A span ends at the next run of
 * as many backticks. The time is linear in the text.
 */
export function withoutCode(text: string): string {
  if (!text.includes('`')) return text
  const runs = [...text.matchAll(/`+/g)]
  const closers = closersOf(runs.map(([run]) => run.length))
  let masked = ''
  for (let at = 0; at < runs.length; at++) {
    const closer = closers[at]
    const close = closer === undefined ? undefined : runs[closer]
    if (closer === undefined || !close) continue
    const start = runs[at]?.index ?? 0
    const end = close.index + close[0].length
    masked += text.slice(masked.length, start) + text.slice(start, end).replace(/./g, 'a')
    at = closer
  }
  return masked + text.slice(masked.length)
}

/** For each run the place of the next one of the same length. */
function closersOf(lengths: readonly number[]): (number | undefined)[] {
  const next = new Map<number, number>()
  return lengths
    .map((_, index) => lengths.length - 1 - index)
    .map(at => {
      const length = lengths[at] ?? 0
      const closer = next.get(length)
      next.set(length, at)
      return closer
    })
    .toReversed()
}
