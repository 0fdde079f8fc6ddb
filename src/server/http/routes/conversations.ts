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
import { conversationListResponse, conversationResponse } from '../openapi/responseSchemas.ts'

/** Routes for whole conversations: list, create, read, change. */
export function conversationRoutes({ conversations }: Pick<Services, 'conversations'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/chat/conversations',
      query: listConversationsQuery,
      access: 'owner',
      keyScope: 'read',
      docs: {
        operation: 'listConversations',
        summary: 'Lists conversations, pinned ones first.',
        answers: { 200: conversationListResponse },
      },
      handle: async ({ caller, query }) => json(await conversations.list(caller.ownerId, query)),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/chat/conversations',
      body: createConversationRequest,
      access: 'owner',
      keyScope: 'write',
      docs: {
        operation: 'createConversation',
        summary: 'Begins a conversation without a message.',
        answers: { 201: conversationResponse },
      },
      handle: async ({ caller, body }) =>
        json(await conversations.create(caller.ownerId, body), { status: 201 }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/chat/conversations/:id',
      params: idParams,
      access: 'owner',
      keyScope: 'read',
      docs: {
        operation: 'readConversation',
        summary: 'Reads a conversation with every message, and the run under way.',
        answers: { 200: conversationResponse },
      },
      handle: async call => jsonInPieces(await conversations.read(keyOf(call))),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/api/chat/conversations/:id',
      params: idParams,
      body: updateConversationRequest,
      access: 'owner',
      keyScope: 'write',
      docs: {
        operation: 'updateConversation',
        summary: 'Changes title, status, archive, pin or branch.',
        answers: { 200: conversationResponse },
      },
      handle: async call => jsonInPieces(await conversations.update(keyOf(call), call.body)),
    }),
  ]
}

/** Copies a part of a conversation into a new one. */
export function forkRoutes({ conversations }: Pick<Services, 'conversations'>): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/chat/conversations/:id/fork',
      params: idParams,
      body: forkRequest,
      limit: 'wholeConversation',
      access: 'owner',
      keyScope: 'write',
      docs: {
        operation: 'forkConversation',
        summary: 'Copies the messages down to one into a new conversation.',
        answers: { 201: conversationResponse },
      },
      handle: async call => jsonInPieces(await conversations.fork(keyOf(call), call.body), { status: 201 }),
    }),
  ]
}

/** Routes that delete and restore conversations. */
export function deletionRoutes({ deletions }: Pick<Services, 'deletions'>): Route[] {
  return [
    defineRoute({
      method: 'DELETE',
      path: '/api/chat/conversations/:id',
      params: idParams,
      access: 'owner',
      keyScope: 'write',
      docs: {
        operation: 'deleteConversation',
        summary: 'Deletes a conversation. It can be restored for 10 minutes.',
        answers: { 204: 'nothing' },
      },
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
      keyScope: 'write',
      docs: {
        operation: 'restoreConversation',
        summary: 'Undoes a deletion.',
        answers: { 200: conversationResponse },
      },
      handle: async call => jsonInPieces(await deletions.restore(keyOf(call))),
    }),
  ]
}
