import { expect, test } from 'vitest'
import { serveHandler } from '../../../../test/harness/fetchServer.ts'
import { createOAuth, type Grant, type KeptClients } from './oauth.ts'

const NO_CLIENTS: KeptClients = {
  use: async () => undefined,
  store: async () => {},
  proved: async () => {},
  forget: async () => {},
}

/** Asks an issuer that answers so for new tokens. */
async function renewAt(status: number, body: object): Promise<Grant | undefined> {
  await using issuer = await serveHandler(async () => Response.json(body, { status }))
  const server = {
    name: 'calendar',
    address: { url: `${issuer.url}/mcp`, headers: {} },
    isTrusted: false,
    without: [],
    timeout: 1000,
    secrets: [],
  }
  const oauth = createOAuth(server)
  const tokens = { access_token: 'old', token_type: 'Bearer', refresh_token: 'kept' }
  try {
    return await oauth.renew({ issuerUrl: issuer.url, client: { client_id: 'riacho' }, tokens }, NO_CLIENTS)
  } finally {
    await oauth.close()
  }
}

test.each(['invalid_grant', 'invalid_client', 'unauthorized_client'])(
  'an issuer that answers %s gives no tokens any more',
  async error => expect(await renewAt(400, { error })).toBeUndefined(),
)

test.each([
  [500, 'server_error'],
  [503, 'temporarily_unavailable'],
  [429, 'too_many_requests'],
  [429, 'slow_down'],
])('an issuer that answers %i %s may give tokens later', async (status, error) => {
  await expect(renewAt(status, { error })).rejects.toThrow(`could not be renewed: OAuthError ${error}`)
})

test('an answer that is none of OAuth says nothing of the grant', async () => {
  await expect(renewAt(502, { message: 'Bad gateway' })).rejects.toThrow('could not be renewed')
})
