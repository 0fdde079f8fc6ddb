import type { FastifyInstance, FastifyRequest } from 'fastify'
import { MANY_RUNS_PATH } from '../../protocol/manyRuns.ts'
import { eventsQuery, manyRunsQuery, runParams, seq } from '../../protocol/requests.ts'
import type { Context } from './context.ts'
import { validate } from './validate.ts'

/** One run: its events after some `seq`, and Stop. And the events of many, over one stream. */
export function runRoutes(server: FastifyInstance, { runs, caller, stream, streamMany }: Context): void {
  server.get('/api/chat/runs/:runId/events', async (request, reply) => {
    const { runId } = validate(runParams, request.params)
    await stream({ request, reply, runId, after: afterOf(request) })
  })

  server.get(MANY_RUNS_PATH, async (request, reply) => {
    const { run } = validate(manyRunsQuery, request.query)
    await streamMany({ request, reply, runs: run })
  })

  server.post('/api/chat/runs/:runId/stop', async (request, reply) => {
    const { runId } = validate(runParams, request.params)
    const stopped = await runs.stop(caller(request, reply), runId)
    return reply.code(stopped.status === 'active' ? 202 : 200).send(stopped)
  })
}

function afterOf(request: FastifyRequest): number {
  const lastEventId = request.headers['last-event-id']
  const { after } = validate(eventsQuery, request.query)
  return lastEventId === undefined ? (after ?? 0) : validate(seq, lastEventId)
}
