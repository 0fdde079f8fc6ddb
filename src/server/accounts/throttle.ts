import { createHash } from 'node:crypto'
import { RiachoError } from '../../protocol/errors.ts'
import { type AttemptRate, giveBackAttempt, takeAttempt } from '../database/accounts/attempts.ts'
import type { Database } from '../database/database.ts'

/**
 * How often somebody may try. An account lets some tries through at any time, so that nobody can lock its person out for
 * long by trying wrong passwords. Many people may share a network address.
 */
const RATES = {
  account: { interval: 20_000, burst: 10 },
  address: { interval: 3000, burst: 30 },
  /** Mails to one address. */
  mail: { interval: 5 * 60_000, burst: 3 },
} as const satisfies Record<string, AttemptRate>

export type AttemptKind = keyof typeof RATES

export interface Throttle {
  /** Counts a try. Throws `RATE_LIMITED` if there were too many. The result forgets it again, because it was right. */
  take(tries: readonly { kind: AttemptKind; of: string | undefined }[]): Promise<() => Promise<void>>
}

/** Counts tries in the database, so that all nodes agree. It stores hashes, because a key names a person. */
export function createThrottle({
  database,
  steadyTime,
}: {
  database: Pick<Database, 'write'>
  steadyTime: () => number
}): Throttle {
  return {
    async take(tries) {
      const taken = tries.flatMap(({ kind, of }) =>
        of === undefined ? [] : [{ key: hashOf(`${kind} ${of}`), rate: RATES[kind] }],
      )
      // In one order, because two transactions would otherwise wait for each other.
      taken.sort((one, other) => (one.key < other.key ? -1 : 1))
      const wait = await database.write('process', async queries => {
        const waits: number[] = []
        for (const each of taken) waits.push(await takeAttempt(queries, { ...each, now: steadyTime() }))
        return Math.max(0, ...waits)
      })
      if (wait > 0) {
        const retryAfter = Math.ceil(wait / 1000)
        throw new RiachoError('RATE_LIMITED', 'too many tries', { retryAfter })
      }
      return () =>
        database.write('process', async queries => {
          for (const each of taken) await giveBackAttempt(queries, each)
        })
    },
  }
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}
