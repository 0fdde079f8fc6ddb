import type { Logger } from 'pino'
import type { ErrorCode } from '../../protocol/errors.ts'
import type { Clock } from '../clock.ts'

/** One line of the log for each code in this time, in milliseconds. Anybody can send wrong requests as fast as they like. */
const SILENCE = 60_000

export interface Refusal {
  code: ErrorCode
  method: string
  reqId: string
}

/**
 * Makes a function that logs refused requests. A line names one of them, and says how many with its code were left out
 * since the line before. It has no address, no path and nothing that somebody wrote.
 */
export function createRefusalLog({
  logger,
  clock,
}: {
  logger: Pick<Logger, 'info'>
  clock: Pick<Clock, 'monotonic'>
}): (refusal: Refusal) => void {
  const lines = new Map<ErrorCode, { at: number; leftOut: number }>()
  return ({ code, method, reqId }) => {
    const now = clock.monotonic()
    const last = lines.get(code)
    if (last && now - last.at < SILENCE) {
      last.leftOut += 1
      return
    }
    lines.set(code, { at: now, leftOut: 0 })
    logger.info({ code, method, reqId, leftOut: last?.leftOut ?? 0 }, 'a request was refused')
  }
}
