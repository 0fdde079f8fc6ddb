import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createRunRequest, sendRequest } from '../../protocol/requests.ts'
import type { Context } from './context.ts'
import { validate } from './validate.ts'

/** What starts a run and answers with its stream: `POST /api/chat/send` and `POST /api/chat/runs`. */
export function sendRoutes(server: FastifyInstance, context: Context): void {
  const { messages, caller, stream, requireRunning } = context
  const options = context.limits.send

  server.post('/api/chat/send', options, async (request, reply) => {
    requireRunning()
    const body = validate(sendRequest, request.body)
    return answer(request, reply, await messages.send(caller(request, reply), body))
  })

  server.post('/api/chat/runs', options, async (request, reply) => {
    requireRunning()
    const body = validate(createRunRequest, request.body)
    return answer(request, reply, await messages.rerun(caller(request, reply), body))
  })

  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    { runId }: { runId: string },
  ): Promise<void> {
    const headers = { location: `/api/chat/runs/${runId}/events` }
    await stream({ request, reply, runId, after: 0, headers })
  }
}
