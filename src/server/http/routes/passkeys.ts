import { personRequest } from '../../../protocol/accountRequests.ts'
import { addPasskeyRequest, passkeyParams, passkeySignInRequest } from '../../../protocol/passkeyRequests.ts'
import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { signedInResponse } from '../openapi/accountSchemas.ts'
import { passkeyListResponse, passkeyOptionsResponse, passkeyResponse } from '../openapi/passkeySchemas.ts'
import { signedIn } from '../signedInAnswer.ts'

const COMMON = { access: 'known', limit: 'account' } as const

/** Routes for passkeys: signing in with one, and those of an account. None of them begins a visitor. */
export function passkeyRoutes({ accounts }: Pick<Services, 'accounts'>): Route[] {
  return [...signInRoutes(accounts), ...ownRoutes(accounts)]
}

function signInRoutes(accounts: Services['accounts']): Route[] {
  return [
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/passkey-options',
      docs: {
        operation: 'beginPasskeySignIn',
        summary: 'Begins to sign in with a passkey.',
        answers: { 200: passkeyOptionsResponse },
      },
      handle: async ({ request, caller }) => json(await accounts.beginPasskeySignIn({ request, caller })),
    }),
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/passkey-sign-in',
      body: passkeySignInRequest,
      docs: {
        operation: 'signInByPasskey',
        summary: 'Signs in with a passkey.',
        answers: { 200: signedInResponse },
      },
      handle: async ({ request, caller, body }) =>
        signedIn(await accounts.signInByPasskey({ request, caller }, body)),
    }),
  ]
}

function ownRoutes(accounts: Services['accounts']): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/chat/account/passkeys',
      access: 'known',
      docs: {
        operation: 'listPasskeys',
        summary: 'Lists the passkeys of the account.',
        answers: { 200: passkeyListResponse },
      },
      handle: async ({ caller }) => json(await accounts.listPasskeys(caller)),
    }),
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/passkeys/options',
      body: personRequest,
      docs: {
        operation: 'beginPasskey',
        summary: 'Begins to add a passkey to the account.',
        answers: { 200: passkeyOptionsResponse },
      },
      handle: async ({ request, caller, body }) =>
        json(await accounts.beginPasskey({ request, caller }, body)),
    }),
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/passkeys',
      body: addPasskeyRequest,
      docs: {
        operation: 'addPasskey',
        summary: 'Adds a passkey to the account.',
        answers: { 201: passkeyResponse },
      },
      handle: async ({ request, caller, body }) =>
        json(await accounts.addPasskey({ request, caller }, body), { status: 201 }),
    }),
    defineRoute({
      ...COMMON,
      method: 'POST',
      path: '/api/chat/account/passkeys/:passkeyId/delete',
      params: passkeyParams,
      body: personRequest,
      docs: {
        operation: 'removePasskey',
        summary: 'Removes a passkey of the account.',
        answers: { 204: 'nothing' },
      },
      async handle({ caller, params, body }) {
        await accounts.removePasskey(caller, params.passkeyId, body)
        return { type: 'empty' }
      },
    }),
  ]
}
