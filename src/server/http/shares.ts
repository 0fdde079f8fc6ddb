import type { FastifyInstance } from 'fastify'
import { idParams, shareParams } from '../../protocol/requests.ts'
import type { Context } from './context.ts'
import { validate } from './validate.ts'

/** Frozen copies of conversations: make, list, revoke, and read by whoever has the address. */
export function shareRoutes(server: FastifyInstance, { shares, caller, limits }: Context): void {
  server.post('/api/chat/conversations/:id/shares', limits.whole, async (request, reply) => {
    const { id } = validate(idParams, request.params)
    const created = await shares.create({ id, ownerId: caller(request, reply).ownerId })
    return reply.code(201).send(created)
  })

  server.get('/api/chat/conversations/:id/shares', async (request, reply) => {
    const { id } = validate(idParams, request.params)
    return shares.list({ id, ownerId: caller(request, reply).ownerId })
  })

  server.get('/api/chat/shares', (request, reply) => shares.listAll(caller(request, reply).ownerId))

  server.delete('/api/chat/shares/:id', async (request, reply) => {
    const { id } = validate(shareParams, request.params)
    await shares.revoke({ id, ownerId: caller(request, reply).ownerId })
    return reply.code(204).send()
  })

  // Asks for no owner, so that reading makes none.
  server.get('/api/chat/shared/:id', async (request, reply) => {
    reply.header('x-robots-tag', 'noindex').header('cache-control', 'no-store')
    const { id } = validate(shareParams, request.params)
    return reply.type('application/json; charset=utf-8').send(await shares.read(id))
  })
}
