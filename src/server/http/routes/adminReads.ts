import { adminConversationParams } from '../../../protocol/admin/adminRequests.ts'
import { idParams, readNoticeQuery } from '../../../protocol/requests.ts'
import type { Services } from '../../services.ts'
import { defineRoute, keyOf, type Route } from '../defineRoute.ts'
import { jsonInPieces } from '../jsonPieces.ts'
import { adminConversationResponse } from '../openapi/adminSchemas.ts'

/** Reads a conversation of somebody. A server has the route only if it is set so. */
export function adminReadRoutes({ administration }: Pick<Services, 'administration'>): Route[] {
  return [
    defineRoute({
      // No GET, because the owner is told of each reading.
      method: 'POST',
      path: '/api/admin/conversations/:conversationId/read',
      params: adminConversationParams,
      access: 'admin',
      limit: 'wholeConversation',
      docs: {
        operation: 'adminReadConversation',
        summary: 'Reads the open branch of a conversation. Its owner is told.',
        answers: { 200: adminConversationResponse },
      },
      handle: async ({ caller, params }) =>
        jsonInPieces(await administration.readConversation(caller.accountId, params.conversationId)),
    }),
  ]
}

/** What its owner says to the notice that an administrator read a conversation. */
export function readNoticeRoutes({ conversations }: Pick<Services, 'conversations'>): Route[] {
  return [
    defineRoute({
      method: 'DELETE',
      path: '/api/chat/conversations/:id/read-notice',
      params: idParams,
      query: readNoticeQuery,
      access: 'owner',
      docs: {
        operation: 'dismissReadNotice',
        summary: 'Says that the owner has seen that an administrator read the conversation.',
        answers: { 204: 'nothing' },
      },
      async handle(call) {
        await conversations.dismissReadNotice(keyOf(call), call.query.at)
        return { type: 'empty' }
      },
    }),
  ]
}
