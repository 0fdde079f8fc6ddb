import { createParser } from 'eventsource-parser'
import type { ProbeRecord, Tick } from '../../../protocol/probe.ts'

/**
 * Reads the response to a probe to its end, or to where it was cut. `askedAt` is when it was asked for, by `now`, a
 * clock in milliseconds. Never throws.
 */
export async function readProbe(
  response: Response,
  { askedAt, now }: { askedAt: number; now: () => number },
): Promise<ProbeRecord> {
  const arrivals: (Tick & { arrivedAt: number })[] = []
  const parser = createParser({
    onEvent: ({ data }) => {
      const tick = tickOf(data)
      if (tick) arrivals.push({ ...tick, arrivedAt: now() - askedAt })
    },
  })
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  while (reader) {
    const chunk = await reader.read().catch(() => null)
    if (!chunk || chunk.done) break
    parser.feed(decoder.decode(chunk.value, { stream: true }))
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
