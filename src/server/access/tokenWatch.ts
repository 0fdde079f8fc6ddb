import type { Clock, Timer } from '../clock.ts'
import type { TokenChange } from '../database/tokenChange.ts'
import type { KnownKeys, KnownSessions } from './knownTokens.ts'

/** How often a node asks what other nodes have revoked, in milliseconds. */
const INTERVAL = 400
/** A change is stored at most this long after the time that it names, in milliseconds. */
const LATE = 60_000
/** What a node remembers counts for this long without an answer, in milliseconds. Then it asks for each token. */
const TRUST = 10_000

export interface TokenWatchOptions {
  known: readonly Pick<KnownSessions | KnownKeys, 'isInUse' | 'watchBy' | 'learn' | 'forgetIdle'>[]
  /** The tokens and API keys whose ends were brought forward after this time. */
  changedAfter: (time: number) => Promise<TokenChange[]>
  steadyTime: () => number
  clock: Pick<Clock, 'monotonic' | 'schedule' | 'cancel'>
}

/**
 * Brings what this node remembers of sessions and API keys up to date with what other nodes revoke. It is
 * - **idle**: nothing is remembered, and no reader is open.
 * - **watching**: it asks the database, and 400 ms after the answer again.
 * - **closed**: it asks no more.
 */
export function watchTokens({ known, changedAfter, steadyTime, clock }: TokenWatchOptions): {
  close(): void
} {
  let state: 'idle' | 'watching' | 'closed' = 'idle'
  let timer: Timer | undefined
  let answeredAt = clock.monotonic()
  let askedAfter = 0

  async function look(): Promise<void> {
    const [now, began] = [steadyTime(), clock.monotonic()]
    const changes = await changedAfter(askedAfter).catch(() => undefined)
    if (state !== 'watching') return
    if (changes) {
      for (const each of known) each.learn(changes)
      answeredAt = began
      askedAfter = now - LATE
    }
    for (const each of known) each.forgetIdle()
    if (known.some(({ isInUse }) => isInUse)) timer = clock.schedule(() => void look(), INTERVAL)
    else state = 'idle'
  }

  function onUse(): void {
    if (state !== 'idle') return
    state = 'watching'
    answeredAt = clock.monotonic()
    askedAfter = steadyTime() - LATE
    timer = clock.schedule(() => void look(), INTERVAL)
  }

  for (const each of known) each.watchBy({ onUse, isFresh: () => clock.monotonic() - answeredAt < TRUST })
  return {
    close() {
      state = 'closed'
      if (timer !== undefined) clock.cancel(timer)
    },
  }
}
