import type { FastifyInstance } from 'fastify'
import { PROBE_INTERVAL, PROBE_PATH, PROBE_TICKS, type Tick } from '../../protocol/probe.ts'
import type { Context } from './context.ts'
import { openEventStream } from './eventStream.ts'

/** `GET /api/chat/probe`: ticks at known times, over the same kind of response as a run's stream. */
export function probeRoutes(server: FastifyInstance, { clock, limits }: Context): void {
  server.get(PROBE_PATH, limits.probe, (_request, reply) => {
    openEventStream(reply)
    const { raw } = reply
    let startedAt = 0
    const write = (tick: number) => {
      if (tick === 0) startedAt = clock.now()
      const data: Tick = { tick, at: clock.now() - startedAt }
      raw.write(`data: ${JSON.stringify(data)}\n\n`)
      if (tick === PROBE_TICKS - 1) raw.end()
      else timer = clock.schedule(() => write(tick + 1), PROBE_INTERVAL)
    }
    let timer = clock.schedule(() => write(0), 0)
    raw.once('close', () => clock.cancel(timer))
  })
}
