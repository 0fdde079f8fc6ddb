import { searchQuery } from '../../../protocol/requests.ts'
import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { searchResponse } from '../openapi/responseSchemas.ts'

/** Searches all messages of an owner. */
export function searchRoutes({ search }: Pick<Services, 'search'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/chat/search',
      query: searchQuery,
      limit: 'search',
      access: 'owner',
      keyScope: 'read',
      docs: {
        operation: 'search',
        summary: 'Finds messages and conversations.',
        answers: { 200: searchResponse },
      },
      handle: async ({ caller, query }) => json(await search.search(caller.ownerId, query)),
    }),
  ]
}
