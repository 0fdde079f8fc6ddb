import { retentionRequest } from '../../../protocol/requests.ts'
import type { Retention, RetentionResponse } from '../../../protocol/responses.ts'
import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { retentionResponse } from '../openapi/retentionSchema.ts'

/** After how many days conversations are deleted: read, choose. */
export function retentionRoutes({ retention }: Pick<Services, 'retention'>): Route[] {
  const answer = (body: Retention) => json({ retention: body } satisfies RetentionResponse)
  return [
    defineRoute({
      method: 'GET',
      path: '/api/chat/retention',
      // A read begins no visitor.
      access: 'known',
      docs: {
        operation: 'readRetention',
        summary: 'Reads after how many days conversations are deleted.',
        answers: { 200: retentionResponse },
      },
      handle: async ({ caller }) => answer(await retention.read(caller?.ownerId)),
    }),
    defineRoute({
      method: 'PUT',
      path: '/api/chat/retention',
      body: retentionRequest,
      access: 'owner',
      docs: {
        operation: 'chooseRetention',
        summary: 'Chooses after how many days the conversations of the caller are deleted.',
        answers: { 200: retentionResponse },
      },
      handle: async ({ caller, body }) => answer(await retention.choose(caller.ownerId, body)),
    }),
  ]
}
