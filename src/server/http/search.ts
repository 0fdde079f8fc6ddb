import type { FastifyInstance } from 'fastify'
import { searchQuery } from '../../protocol/requests.ts'
import type { Context } from './context.ts'
import { validate } from './validate.ts'

/** Looks through all the messages of an owner. */
export function searchRoutes(server: FastifyInstance, { search, caller, limits }: Context): void {
  server.get('/api/chat/search', limits.search, async (request, reply) => {
    const query = validate(searchQuery, request.query)
    return search.search(caller(request, reply).ownerId, query)
  })
}
