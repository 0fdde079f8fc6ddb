import type { StreamEvent } from '../../../protocol/events.ts'
import { PATHS } from '../../../protocol/paths.ts'
import { type Diagnosis, diagnose } from '../../../protocol/probe.ts'
import type { Browser } from '../../browser.ts'
import { requestInit } from '../api.ts'
import { readProbe } from './readProbe.ts'

/** Milliseconds. Text that comes within this time comes at once. */
const AT_ONCE = 100
/** Milliseconds from the request. A stream that nothing holds back brings some text sooner. */
const LONG_WAIT = 1000
/** A provider does not write this many events, or characters, in one instant. */
const MANY_EVENTS = 20
const MANY_CHARACTERS = 400
/** Milliseconds after which a probe is given up; it normally takes about a second. */
const PROBE_TIMEOUT = 15_000
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
  const deltas = events.filter(event => event.type === 'text-delta' || event.type === 'reasoning-delta')
  return {
    ...burst,
    events: burst.events + deltas.length,
    characters: burst.characters + deltas.reduce((sum, { content }) => sum + content.length, 0),
  }
}

function isSuspicious({ waited, events, characters }: Burst): boolean {
  return waited >= LONG_WAIT && (events >= MANY_EVENTS || characters >= MANY_CHARACTERS)
}

/** `null` if the probe failed: the server is older or refuses, or there is no network. */
async function probe({ fetch, timers }: Pick<Browser, 'fetch' | 'timers'>): Promise<Diagnosis | null> {
  const controller = new AbortController()
  const cancel = timers.set(() => controller.abort(), PROBE_TIMEOUT)
  const askedAt = timers.now()
  try {
    const response = await fetch(PATHS.probe, requestInit({ method: 'GET', signal: controller.signal }))
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
    if (!response.ok || !isStream) return null
    return diagnose(await readProbe(response, { askedAt, now: timers.now }))
  } catch {
    return null
  } finally {
    cancel()
  }
}
