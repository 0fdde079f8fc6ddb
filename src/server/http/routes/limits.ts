import type { LimitListResponse } from '../../../protocol/responses.ts'
import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { limitListResponse } from '../openapi/responseSchemas.ts'

/** What the caller may still use. */
export function limitRoutes({ spending }: Pick<Services, 'spending'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/chat/limits',
      // A read of limits begins no visitor.
      access: 'known',
      keyScope: 'read',
      docs: {
        operation: 'listLimits',
        summary: 'Lists the limits of the owner that are set, and what is used of them.',
        answers: { 200: limitListResponse },
      },
      async handle({ caller }) {
        const body: LimitListResponse = { limits: await spending.limitsOf(caller?.ownerId) }
        return json(body)
      },
    }),
  ]
}
