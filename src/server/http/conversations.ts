import type { FastifyInstance } from 'fastify'
import {
  createConversationRequest,
  forkRequest,
  idParams,
  listConversationsQuery,
  updateConversationRequest,
} from '../../protocol/requests.ts'
import type { Context } from './context.ts'
import { validate } from './validate.ts'

/** Whole conversations: list, create, read, change, fork, delete, restore. */
export function conversationRoutes(
  server: FastifyInstance,
  { conversations, deletions, caller, limits }: Context,
): void {
  server.get('/api/chat/conversations', async (request, reply) => {
    const query = validate(listConversationsQuery, request.query)
    return conversations.list(caller(request, reply).ownerId, query)
  })

  server.post('/api/chat/conversations', async (request, reply) => {
    const body = validate(createConversationRequest, request.body)
    const created = await conversations.create(caller(request, reply).ownerId, body)
    return reply.code(201).send(created)
  })

  server.get('/api/chat/conversations/:id', async (request, reply) => {
    const { id } = validate(idParams, request.params)
    return conversations.read({ id, ownerId: caller(request, reply).ownerId })
  })

  server.patch('/api/chat/conversations/:id', async (request, reply) => {
    const { id } = validate(idParams, request.params)
    const body = validate(updateConversationRequest, request.body)
    return conversations.update({ id, ownerId: caller(request, reply).ownerId }, body)
  })

  server.delete('/api/chat/conversations/:id', async (request, reply) => {
    const { id } = validate(idParams, request.params)
    await deletions.remove({ id, ownerId: caller(request, reply).ownerId })
    return reply.code(204).send()
  })

  server.post('/api/chat/conversations/:id/restore', async (request, reply) => {
    const { id } = validate(idParams, request.params)
    const key = { id, ownerId: caller(request, reply).ownerId }
    await deletions.restore(key)
    return conversations.read(key)
  })

  server.post('/api/chat/conversations/:id/fork', limits.whole, async (request, reply) => {
    const { id } = validate(idParams, request.params)
    const body = validate(forkRequest, request.body)
    const forked = await conversations.fork({ id, ownerId: caller(request, reply).ownerId }, body)
    return reply.code(201).send(forked)
  })
}
