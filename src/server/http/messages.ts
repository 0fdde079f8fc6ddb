import type { FastifyInstance } from 'fastify'
import { feedbackRequest, idParams } from '../../protocol/requests.ts'
import type { Context } from './context.ts'
import { validate } from './validate.ts'

/** One message: what its reader thought of it. */
export function messageRoutes(server: FastifyInstance, { feedback, caller }: Context): void {
  server.put('/api/chat/messages/:id/feedback', async (request, reply) => {
    const { id } = validate(idParams, request.params)
    const body = validate(feedbackRequest, request.body)
    return feedback.give({ id, ownerId: caller(request, reply).ownerId }, body)
  })
}
