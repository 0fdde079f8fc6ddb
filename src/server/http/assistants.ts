import type { FastifyInstance } from 'fastify'
import type { AssistantListResponse } from '../../protocol/responses.ts'
import { describeAssistant } from '../config/assistant.ts'
import type { Context } from './context.ts'
import { localeOfRequest } from './locale.ts'

/** The assistants one can talk to, in the caller's language. */
export function assistantRoutes(server: FastifyInstance, { assistants }: Context): void {
  server.get('/api/chat/assistants', (request, reply) => {
    const locale = localeOfRequest(request)
    const body: AssistantListResponse = {
      assistants: assistants.map(assistant => describeAssistant(assistant, locale)),
    }
    return reply.send(body)
  })
}
