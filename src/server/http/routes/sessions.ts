import { sessionParams } from '../../../protocol/requests.ts'
import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { sessionListResponse } from '../openapi/responseSchemas.ts'

/** Routes for where a caller is signed in: list, revoke one, revoke the others. */
export function sessionRoutes({ sessions }: Pick<Services, 'sessions'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/chat/sessions',
      access: 'owner',
      docs: {
        operation: 'listSessions',
        summary: 'Lists the sessions of the caller.',
        answers: { 200: sessionListResponse },
      },
      handle: async ({ caller }) => json(await sessions.list(caller)),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/chat/sessions/:sessionId',
      params: sessionParams,
      access: 'owner',
      docs: {
        operation: 'revokeSession',
        summary: 'Revokes a session of the caller.',
        answers: { 204: 'nothing' },
      },
      async handle({ caller, params }) {
        await sessions.revoke(caller, params.sessionId)
        return { type: 'empty' }
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/chat/sessions',
      access: 'known',
      docs: {
        operation: 'revokeOtherSessions',
        summary: 'Revokes all sessions of the caller but that of the request.',
        answers: { 204: 'nothing' },
      },
      async handle({ caller }) {
        if (caller) await sessions.revokeOthers(caller)
        return { type: 'empty' }
      },
    }),
  ]
}
