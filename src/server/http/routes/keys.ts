import { createKeyRequest, keyParams } from '../../../protocol/requests.ts'
import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { apiKeyListResponse, createdKeyResponse } from '../openapi/responseSchemas.ts'

/** Routes for API keys. No key is good for them. */
export function keyRoutes({ keys }: Pick<Services, 'keys'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/chat/keys',
      access: 'owner',
      docs: {
        operation: 'listKeys',
        summary: 'Lists the API keys of the caller.',
        answers: { 200: apiKeyListResponse },
      },
      handle: async ({ caller }) => json(await keys.list(caller)),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/chat/keys',
      body: createKeyRequest,
      access: 'owner',
      docs: {
        operation: 'createKey',
        summary: 'Makes an API key. Only this answer has its secret.',
        answers: { 201: createdKeyResponse },
      },
      handle: async ({ caller, body }) => json(await keys.create(caller, body), { status: 201 }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/chat/keys/:keyId',
      params: keyParams,
      access: 'owner',
      docs: {
        operation: 'revokeKey',
        summary: 'Revokes an API key of the caller.',
        answers: { 204: 'nothing' },
      },
      async handle({ caller, params }) {
        await keys.revoke(caller, params.keyId)
        return { type: 'empty' }
      },
    }),
  ]
}
