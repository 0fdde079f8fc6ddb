import { RiachoError, RUN_ERRORS, type RunErrorCode } from '../../protocol/errors.ts'
import { runCode } from './runFailure.ts'
import type { RunOptions } from './runOptions.ts'

/**
 * The longest wait that the run accepts from a provider, in seconds. If the provider asks for more, the run ends, and
 * the person decides when to ask again.
 */
const MAX_RETRY_AFTER = 30
/**
 * Seconds to wait before a run asks again, after `attempt` requests. `undefined` if asking again cannot help, or would
 * repeat what readers saw. `random` gives a number in [0, 1), for jitter.
 */
export function retryDelay(error: unknown, attempt: number, random: () => number): number | undefined {
  if (!(error instanceof RiachoError) || !error.details.beforeFirstByte) return undefined
  if (!RUN_ERRORS[runCode(error)].retryable) return undefined
  const { retryAfter } = error.details
  if (retryAfter === undefined) return 2 ** (attempt - 1) * (0.75 + random() / 2)
  return retryAfter <= MAX_RETRY_AFTER ? retryAfter : undefined
}

/** Tells readers of a retry, and waits until it is due or `signal` aborts. */
export async function waitToRetry(
  retry: { attempt: number; seconds: number; code: RunErrorCode },
  { clock, log, signal }: Pick<RunOptions, 'clock' | 'log'> & { signal: AbortSignal },
): Promise<void> {
  log.append({ type: 'run-retry', ...retry, seconds: Math.round(retry.seconds * 10) / 10 })
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = clock.schedule(resolve, Math.max(1, retry.seconds * 1000))
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
  clock.cancel(timer)
}
