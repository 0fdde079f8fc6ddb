import type { StreamEvent } from '../protocol/events.ts'
import { type Diagnosis, diagnose, PROBE_PATH } from '../protocol/probe.ts'
import { requestInit } from './api.ts'
import type { Browser } from './browser.ts'
import { readProbe } from './probe.ts'

/** Text that comes within so many milliseconds comes at once. */
const AT_ONCE = 100
/** Silence before it, in milliseconds, in which a stream that nothing holds back would have brought some of it. */
const SILENCE = 1000
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

interface Burst {
  startedAt: number
  lastAt: number
  silence: number
  events: number
  characters: number
}

/**
 * Watches when replies arrive. When one comes suspiciously all at once, it runs the probe, once a page, and calls
 * `onBuffered` when that finds something on the way that holds replies back. A false alarm costs one probe.
 */
export function createBufferingCheck({
  browser,
  onBuffered,
}: {
  browser: Pick<Browser, 'fetch' | 'timers' | 'localStorage'>
  onBuffered(diagnosis: Diagnosis): void
}): BufferingCheck {
  const bursts = new Map<string, Burst>()
  let probed = browser.localStorage.read(DISMISSED_KEY) !== null
  return {
    arrived(arrival) {
      if (probed) return
      const burst = grow(bursts.get(arrival.key), arrival)
      bursts.set(arrival.key, burst)
      if (arrival.events.some(({ type }) => type === 'run-end')) bursts.delete(arrival.key)
      if (!isSuspicious(burst)) return
      probed = true
      void probe(browser).then(diagnosis => {
        if (diagnosis?.verdict === 'buffered') onBuffered(diagnosis)
      })
    },
    dismiss: () => browser.localStorage.write(DISMISSED_KEY, 'yes'),
  }
}

function grow(last: Burst | undefined, { events, at, askedAt }: Arrival): Burst {
  const goesOn = last !== undefined && at - last.startedAt <= AT_ONCE
  const burst = goesOn
    ? { ...last, lastAt: at }
    : { startedAt: at, lastAt: at, silence: at - (last?.lastAt ?? askedAt ?? at), events: 0, characters: 0 }
  for (const event of events) {
    if (event.type !== 'text-delta' && event.type !== 'reasoning-delta') continue
    burst.events += 1
    burst.characters += event.content.length
  }
  return burst
}

function isSuspicious({ silence, events, characters }: Burst): boolean {
  return silence >= SILENCE && (events >= MANY_EVENTS || characters >= MANY_CHARACTERS)
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
