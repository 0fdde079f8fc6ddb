import { PROBE_INTERVAL, PROBE_PATH, PROBE_TICKS, type Tick } from '../../../protocol/probe.ts'
import type { Clock } from '../../clock.ts'
import type { Services } from '../../services.ts'
import type { ResponseStream } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { PROBE_EVENTS } from '../openapi/eventSchemas.ts'

/** Sends ticks at known times, over the same kind of response as the stream of a run. */
export function probeRoutes({ clock }: Pick<Services, 'clock'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: PROBE_PATH,
      limit: 'probe',
      access: 'anybody',
      docs: {
        operation: 'probe',
        summary: 'Streams ticks that show whether something on the way holds streams back.',
        answers: { 200: { events: PROBE_EVENTS } },
      },
      // No heartbeats, because a probe sends nothing but ticks.
      handle: () => ({ type: 'stream', heartbeats: false, follow: async stream => tickTo(stream, clock) }),
    }),
  ]
}

function tickTo(stream: ResponseStream, clock: Clock): void {
  let startedAt = 0
  const write = (tick: number) => {
    if (tick === 0) startedAt = clock.monotonic()
    const data: Tick = { tick, at: Math.round(clock.monotonic() - startedAt) }
    stream.write(`data: ${JSON.stringify(data)}\n\n`)
    if (tick === PROBE_TICKS - 1) stream.finish()
    else timer = clock.schedule(() => write(tick + 1), PROBE_INTERVAL)
  }
  let timer = clock.schedule(() => write(0), 0)
  stream.hold({ unsubscribe: () => clock.cancel(timer) })
}
