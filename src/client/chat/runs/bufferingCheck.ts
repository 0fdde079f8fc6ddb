import { isDelta, type StreamEvent } from '../../../protocol/events.ts'
import { type Diagnosis, diagnose, PROBE_PATH } from '../../../protocol/probe.ts'
import type { Browser } from '../../browser.ts'
import { requestInit } from '../api.ts'
import { readProbe } from './readProbe.ts'

/** Text that comes within so many milliseconds comes at once. */
const AT_ONCE = 100
/** Milliseconds since it was asked for, in which a stream that nothing holds back would have brought some of it. */
const LONG_WAIT = 1000
/** What a provider does not write in one instant: so many events, or so many characters. */
const MANY_EVENTS = 20
const MANY_CHARACTERS = 400
/** A probe lasts about a second; one that takes so long, in milliseconds, is given up. */
const PROBE_TIMEOUT = 15_000
const DISMISSED_KEY = 'riacho.bufferingDismissed'

/** Events of one reply that came at one moment, `at`, in milliseconds since 1970. */
export interface Arrival {
  /** Names the reply's stream. */
  key: string
  events: readonly StreamEvent[]
  at: number
  /** When the reply was asked for, while nothing of it had come. */
  askedAt: number | undefined
}

export interface BufferingCheck {
  arrived(arrival: Arrival): void
  /** The notice was read: never show it again in this browser. */
  dismiss(): void
}

/** The first text of a reply. */
interface Burst {
  startedAt: number
  /** Milliseconds from the request. */
  waited: number
  events: number
  characters: number
}

/**
 * Watches when replies begin to arrive. When one that was asked for here comes suspiciously all at once, it runs the
 * probe, once a page, and calls `onBuffered` when that finds something on the way that holds replies back. What comes
 * later in a reply says nothing: a tab that joins late catches up at once too.
 */
export function createBufferingCheck({
  browser,
  onBuffered,
}: {
  browser: Pick<Browser, 'fetch' | 'timers' | 'localStorage'>
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
      void probe(browser).then(diagnosis => {
        if (diagnosis?.verdict === 'buffered') onBuffered(diagnosis)
      })
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

/** `null` when there was no probe to judge: an older server, a refusal, a network that is gone. */
async function probe({ fetch, timers }: Pick<Browser, 'fetch' | 'timers'>): Promise<Diagnosis | null> {
  const controller = new AbortController()
  const cancel = timers.set(() => controller.abort(), PROBE_TIMEOUT)
  const askedAt = timers.now()
  try {
    const response = await fetch(PROBE_PATH, requestInit({ method: 'GET', signal: controller.signal }))
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
    if (!response.ok || !isStream) return null
    return diagnose(await readProbe(response, { askedAt, now: timers.now }))
  } catch {
    return null
  } finally {
    cancel()
  }
}
