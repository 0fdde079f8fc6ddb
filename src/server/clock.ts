export type Timer = NodeJS.Timeout | NodeJS.Immediate | number

/** The time and the timers of the server. It is passed in so that a test can control it. */
export interface Clock {
  /**
   * Milliseconds since 1970. Somebody may set this time forward or back. It is a stamp for people, and never a duration
   * or an order.
   */
  now(): number
  /** Milliseconds since some moment before. Nobody can set this time. Every duration is a difference of two of these. */
  monotonic(): number
  /** Calls back once after `delay` milliseconds. A delay of 0 means after the work that is already queued. */
  schedule(callback: () => void, delay: number): Timer
  cancel(timer: Timer): void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule: (callback, delay) => (delay <= 0 ? setImmediate(callback) : setTimeout(callback, delay)),
  cancel(timer) {
    if (timer instanceof Object && 'hasRef' in timer && '_onImmediate' in timer)
      clearImmediate(timer as NodeJS.Immediate)
    else clearTimeout(timer as NodeJS.Timeout)
  },
}

/**
 * Makes a clock for times that are stored and that later processes compare. It begins at the time of day, and nobody can
 * set it while the process lives.
 */
export function createSteadyTime(clock: Clock): () => number {
  const origin = clock.now() - clock.monotonic()
  return () => Math.round(origin + clock.monotonic())
}

/**
 * Does `work` now, and again `ms` milliseconds after it finished, until `stop`. `stop` resolves once no `work` is under
 * way. `work` must not reject.
 */
export function repeat(ms: number, clock: Clock, work: () => Promise<void>): { stop: () => Promise<void> } {
  let timer: Timer | undefined
  let isStopped = false
  let done = Promise.resolve()
  const once = async () => {
    await work()
    if (!isStopped) timer = clock.schedule(begin, ms)
  }
  const begin = () => {
    done = once()
  }
  begin()
  return {
    async stop() {
      isStopped = true
      if (timer !== undefined) clock.cancel(timer)
      await done
    },
  }
}

/** Waits for `work`, at most `ms` milliseconds. Rejects if `work` rejects before that. */
export async function within(ms: number, clock: Clock, work: Promise<unknown>): Promise<void> {
  const { promise: timeout, resolve } = Promise.withResolvers<void>()
  const timer = clock.schedule(resolve, ms)
  await Promise.race([work, timeout])
  clock.cancel(timer)
}
