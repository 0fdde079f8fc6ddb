import {
  createConversationRequest,
  forkRequest,
  idParams,
  listConversationsQuery,
  updateConversationRequest,
} from '../../../protocol/requests.ts'
import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, keyOf, type Route } from '../defineRoute.ts'
import { jsonInPieces } from '../jsonPieces.ts'

/** Routes for whole conversations: list, create, read, change, fork. */
export function conversationRoutes({ conversations }: Pick<Services, 'conversations'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/chat/conversations',
      query: listConversationsQuery,
      access: 'owner',
      handle: async ({ caller, query }) => json(await conversations.list(caller.ownerId, query)),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/chat/conversations',
      body: createConversationRequest,
      access: 'owner',
      handle: async ({ caller, body }) =>
        json(await conversations.create(caller.ownerId, body), { status: 201 }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/chat/conversations/:id',
      params: idParams,
      access: 'owner',
      handle: async call => jsonInPieces(await conversations.read(keyOf(call))),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/api/chat/conversations/:id',
      params: idParams,
      body: updateConversationRequest,
      access: 'owner',
      handle: async call => jsonInPieces(await conversations.update(keyOf(call), call.body)),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/chat/conversations/:id/fork',
      params: idParams,
      body: forkRequest,
      limit: 'wholeConversation',
      access: 'owner',
      handle: async call => jsonInPieces(await conversations.fork(keyOf(call), call.body), { status: 201 }),
    }),
  ]
}

/** Routes that delete and restore conversations. */
export function deletionRoutes({
  conversations,
  deletions,
}: Pick<Services, 'conversations' | 'deletions'>): Route[] {
  return [
    defineRoute({
      method: 'DELETE',
      path: '/api/chat/conversations/:id',
      params: idParams,
      access: 'owner',
      async handle(call) {
        await deletions.remove(keyOf(call))
        return { type: 'empty' }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/chat/conversations/:id/restore',
      params: idParams,
      access: 'owner',
      async handle(call) {
        const key = keyOf(call)
        await deletions.restore(key)
        return jsonInPieces(await conversations.read(key))
      },
    }),
  ]
}
