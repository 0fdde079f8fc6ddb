import { idParams, shareParams } from '../../../protocol/requests.ts'
import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, keyOf, type Route } from '../defineRoute.ts'
import { jsonInPieces } from '../jsonPieces.ts'

/** Routes for frozen copies of conversations: make, list, revoke, and read. */
export function shareRoutes({ shares }: Pick<Services, 'shares'>): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/chat/conversations/:id/shares',
      params: idParams,
      limit: 'wholeConversation',
      access: 'owner',
      handle: async call => json(await shares.create(keyOf(call), call.locale), { status: 201 }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/chat/conversations/:id/shares',
      params: idParams,
      access: 'owner',
      handle: async call => json(await shares.list(keyOf(call))),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/chat/shares',
      access: 'owner',
      handle: async ({ caller }) => json(await shares.listAll(caller.ownerId)),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/chat/shares/:id',
      params: shareParams,
      access: 'owner',
      async handle(call) {
        await shares.revoke(keyOf(call))
        return { type: 'empty' }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/chat/shared/:id',
      params: shareParams,
      access: 'anybody',
      headers: { 'x-robots-tag': 'noindex' },
      handle: async ({ params }) => jsonInPieces(await shares.read(params.id)),
    }),
  ]
}
