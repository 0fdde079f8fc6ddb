import type { FastifyInstance } from 'fastify'
import { forgetOwner, knownOwner } from '../access/session.ts'
import type { Context } from './context.ts'

/** The owner as a whole. */
export function ownerRoutes(server: FastifyInstance, { deletions, limits }: Context): void {
  server.delete('/api/chat/owner', limits.whole, async (request, reply) => {
    const ownerId = knownOwner(request)
    if (ownerId) await deletions.eraseOwner(ownerId)
    forgetOwner(request, reply)
    return reply.code(204).send()
  })
}
