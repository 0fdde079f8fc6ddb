import type { FastifyInstance } from 'fastify'
import type { Context } from './context.ts'
import { forgetOwner, knownOwner } from './session.ts'

/** The owner as a whole. */
export function ownerRoutes(server: FastifyInstance, { deletions }: Context): void {
  server.delete('/api/chat/owner', async (request, reply) => {
    const ownerId = knownOwner(request)
    if (ownerId) await deletions.eraseOwner(ownerId)
    forgetOwner(request, reply)
    return reply.code(204).send()
  })
}
