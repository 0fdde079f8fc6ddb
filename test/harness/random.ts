export interface Random {
  readonly seed: number
  /** A number in [0, 1). */
  next(): number
  /** A whole number from 0 to `below` - 1. */
  integer(below: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  pick<Value>(values: readonly Value[]): Value
  /** A generator of its own. If one part of a test draws more numbers, the other parts still draw the same ones. */
  fork(): Random
}

/** Mulberry32. The same seed draws the same numbers on every machine. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const integer = (below: number) => Math.floor(next() * below)
  return {
    seed,
    next,
    integer,
    chance: probability => next() < probability,
    pick: values => values[integer(values.length)] as (typeof values)[number],
    fork: () => createRandom(integer(2 ** 31)),
  }
}
