import { PATHS } from '../../../protocol/paths.ts'
import { type Diagnosis, diagnose } from '../../../protocol/probe.ts'
import { requestInit } from '../../api.ts'
import type { Browser } from '../../browser.ts'
import { readProbe } from './readProbe.ts'

/** Milliseconds after which a probe is given up; it normally takes about a second. */
const PROBE_TIMEOUT = 15_000

/** Asks for the probe and judges it. `null` if it failed: the server is older or refuses, or there is no network. */
export async function requestProbe({
  fetch,
  timers,
}: Pick<Browser, 'fetch' | 'timers'>): Promise<Diagnosis | null> {
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
