import type { FastifyInstance } from 'fastify'
import type { Context } from './context.ts'

/** For whoever watches the process: alive, ready, measured. */
export function healthRoutes(
  server: FastifyInstance,
  { metrics, requireRunning, requireStorage, providerState }: Context,
): void {
  server.get('/api/health', (_request, reply) => reply.send({ status: 'ok' }))

  server.get('/api/ready', async (_request, reply) => {
    requireRunning()
    await requireStorage()
    return reply.send({ status: 'ready', provider: providerState() })
  })

  server.get('/metrics', async (_request, reply) =>
    reply.header('content-type', metrics.contentType).send(await metrics.text()),
  )
}
