import {
  invitationParams,
  invitationsQuery,
  makeInvitationRequest,
} from '../../../protocol/admin/adminRequests.ts'
import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { adminInvitationsResponse, adminMadeInvitationResponse } from '../openapi/adminSchemas.ts'

/** Links by which administrators let people in. */
export function invitationRoutes({ accounts }: Pick<Services, 'accounts'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/admin/invitations',
      query: invitationsQuery,
      access: 'admin',
      docs: {
        operation: 'adminInvitations',
        summary: 'Lists the invitations, the last one first.',
        answers: { 200: adminInvitationsResponse },
      },
      handle: async ({ query }) => json(await accounts.listInvitations(query)),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/admin/invitations',
      body: makeInvitationRequest,
      access: 'admin',
      docs: {
        operation: 'adminInvite',
        summary: 'Makes a link that makes an account. It is told this once.',
        answers: { 201: adminMadeInvitationResponse },
      },
      handle: async ({ caller, body, locale }) =>
        json(await accounts.invite(caller.accountId, body, locale), { status: 201 }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/admin/invitations/:invitationId',
      params: invitationParams,
      access: 'admin',
      docs: {
        operation: 'adminRevokeInvitation',
        summary: 'Revokes an invitation that nobody has used.',
        answers: { 204: 'nothing' },
      },
      async handle({ caller, params }) {
        await accounts.revokeInvitation(caller.accountId, params.invitationId)
        return { type: 'empty' }
      },
    }),
  ]
}
