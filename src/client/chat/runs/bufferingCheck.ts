import { isDelta, type StreamEvent } from '../../../protocol/events.ts'
import type { Diagnosis } from '../../../protocol/probe.ts'
import type { Browser } from '../../browser.ts'

/** Milliseconds. Text that comes within this time comes at once. */
const AT_ONCE = 100
/** Milliseconds from the request. A stream that nothing holds back brings some text sooner. */
const LONG_WAIT = 1000
/** A provider does not write this many events, or characters, in one instant. */
const MANY_EVENTS = 20
const MANY_CHARACTERS = 400
const DISMISSED_KEY = 'riacho.bufferingDismissed'

/** Events of one reply that came together. */
export interface Arrival {
  /** Identifies the reply's stream. */
  key: string
  events: readonly StreamEvent[]
  /** Milliseconds since 1970. */
  at: number
  /** When the reply was asked for, if these are its first events. */
  askedAt: number | undefined
}

export interface BufferingCheck {
  arrived(arrival: Arrival): void
  /** A person dismissed the notice: no probe runs in this browser any more. */
  dismiss(): void
}

/** The first text of a reply: what came within AT_ONCE. */
interface Burst {
  startedAt: number
  /** Milliseconds from the request. */
  waited: number
  events: number
  characters: number
}

/**
 * Watches how replies begin. If the first text of a reply comes late and all at once, the check runs the probe, once a
 * page. If the probe says that something between browser and server holds replies back, it calls `onBuffered`. Only replies
 * that this tab asked for count, because a tab that joins later gets much text at once, too.
 */
export function createBufferingCheck({
  browser,
  requestProbe,
  onBuffered,
}: {
  browser: Pick<Browser, 'fetch' | 'timers' | 'localStorage'>
  requestProbe(browser: Pick<Browser, 'fetch' | 'timers'>): Promise<Diagnosis | null>
  onBuffered(diagnosis: Diagnosis): void
}): BufferingCheck {
  const bursts = new Map<string, Burst>()
  let probed = false
  return {
    arrived(arrival) {
      if (probed) return
      const burst = grow(bursts.get(arrival.key), arrival)
      if (burst) bursts.set(arrival.key, burst)
      else bursts.delete(arrival.key)
      if (!burst || !isSuspicious(burst)) return
      probed = true
      if (browser.localStorage.read(DISMISSED_KEY) !== null) return
      const judge = (diagnosis: Diagnosis | null) => {
        if (diagnosis?.verdict === 'buffered') onBuffered(diagnosis)
      }
      requestProbe(browser).then(judge, () => {})
    },
    dismiss: () => browser.localStorage.write(DISMISSED_KEY, 'yes'),
  }
}

function grow(last: Burst | undefined, { events, at, askedAt }: Arrival): Burst | null {
  const burst =
    askedAt === undefined ? last : { startedAt: at, waited: at - askedAt, events: 0, characters: 0 }
  if (!burst || at - burst.startedAt > AT_ONCE) return null
  const deltas = events.filter(isDelta)
  return {
    ...burst,
    events: burst.events + deltas.length,
    characters: burst.characters + deltas.reduce((sum, { content }) => sum + content.length, 0),
  }
}

function isSuspicious({ waited, events, characters }: Burst): boolean {
  return waited >= LONG_WAIT && (events >= MANY_EVENTS || characters >= MANY_CHARACTERS)
}
