/**
 * How far the clock of the machine is ahead of the clock of this process. The shortest of many readings counts, because
 * least time passed inside it.
 */
const OFFSET = Array.from({ length: 50 }, () => {
  const before = performance.now()
  const machine = Number(process.hrtime.bigint()) / 1e6
  const after = performance.now()
  return { took: after - before, offset: machine - (before + after) / 2 }
}).reduce((best, one) => (one.took < best.took ? one : best)).offset

/** Milliseconds of the monotonic clock of the machine. Every process reads the same. */
export function now(): number {
  return performance.now() + OFFSET
}
