import type { ProbeRecord, Tick } from '../../../protocol/probe.ts'
import { readEvents } from '../../streams/readEvents.ts'

/**
 * Reads the response to a probe to its end, or to where it was cut. `now` is a clock in milliseconds, and `askedAt` its
 * time at the request. Never throws.
 */
export async function readProbe(
  response: Response,
  { askedAt, now }: { askedAt: number; now: () => number },
): Promise<ProbeRecord> {
  const arrivals: (Tick & { arrivedAt: number })[] = []
  try {
    for await (const events of readEvents(response)) {
      const arrivedAt = now() - askedAt
      const ticks = events.flatMap(({ data }) => tickOf(data) ?? [])
      arrivals.push(...ticks.map(tick => ({ ...tick, arrivedAt })))
    }
  } catch {
    // The ticks that are missing say that it was cut.
  }
  return { headers: Object.fromEntries(response.headers), arrivals }
}

function tickOf(data: string): Tick | null {
  try {
    const { tick, at } = JSON.parse(data)
    return typeof tick === 'number' && typeof at === 'number' ? { tick, at } : null
  } catch {
    return null
  }
}
