import { idParams, shareParams } from '../../../protocol/requests.ts'
import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, keyOf, type Route } from '../defineRoute.ts'
import { jsonInPieces } from '../jsonPieces.ts'
import { sharedConversation, shareListResponse, shareResponse } from '../openapi/responseSchemas.ts'

/** Routes for who shares frozen copies of conversations: make, list, revoke. */
export function shareRoutes({ shares }: Pick<Services, 'shares'>): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/chat/conversations/:id/shares',
      params: idParams,
      limit: 'wholeConversation',
      access: 'owner',
      keyScope: 'write',
      docs: {
        operation: 'createShare',
        summary: 'Shares a frozen copy of the current branch.',
        answers: { 201: shareResponse },
      },
      handle: async call => json(await shares.create(call.caller, call.params.id), { status: 201 }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/chat/conversations/:id/shares',
      params: idParams,
      access: 'owner',
      keyScope: 'read',
      docs: {
        operation: 'listSharesOfConversation',
        summary: 'Lists the shares of a conversation.',
        answers: { 200: shareListResponse },
      },
      handle: async call => json(await shares.list(call.caller, call.params.id)),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/chat/shares',
      access: 'owner',
      keyScope: 'read',
      docs: {
        operation: 'listShares',
        summary: 'Lists all shares of the caller.',
        answers: { 200: shareListResponse },
      },
      handle: async ({ caller }) => json(await shares.listAll(caller)),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/chat/shares/:id',
      params: shareParams,
      access: 'owner',
      keyScope: 'write',
      docs: {
        operation: 'revokeShare',
        summary: 'Revokes a share.',
        answers: { 204: 'nothing' },
      },
      async handle(call) {
        await shares.revoke(keyOf(call))
        return { type: 'empty' }
      },
    }),
  ]
}

/** Reads a share, for whoever has its id and may read shares. */
export function sharedRoutes({ shares }: Pick<Services, 'shares'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/chat/shared/:id',
      params: shareParams,
      access: 'guest',
      keyScope: 'read',
      headers: { 'x-robots-tag': 'noindex' },
      docs: {
        operation: 'readShared',
        summary: 'Reads a share. Anybody who has its id can, unless the server is set otherwise.',
        answers: { 200: sharedConversation },
      },
      handle: async ({ params, caller }) => jsonInPieces(await shares.read(params.id, caller)),
    }),
  ]
}
