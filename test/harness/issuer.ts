import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'

export interface TestIssuer extends AsyncDisposable {
  readonly url: string
  /** What the issuer says of a person, by what the person types as the name. */
  readonly people: Map<
    string,
    { email: string; email_verified: boolean; name?: string; groups?: string | readonly string[] }
  >
  /** The setting that names this issuer. */
  readonly setting: string
}

/** A real issuer of OpenID Connect. It takes any password. `siteUrl`: where it sends people back to. */
export async function openIssuer(siteUrl: string, name = 'casa'): Promise<TestIssuer> {
  const people: TestIssuer['people'] = new Map()
  const server = createServer((request, response) => void callback?.(request, response))
  let callback: ReturnType<Provider['callback']> | undefined
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const [clientId, clientSecret] = ['riacho', 'a secret of the client']
  // It says that its pages are for development.
  const { warn, info } = console
  console.warn = console.info = () => {}
  const provider = new Provider(url, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [`${siteUrl}/api/chat/account/issuers/${name}/callback`],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    // The claims stand in the token, so that Riacho need not ask a second time.
    conformIdTokenClaims: false,
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
    pkce: { required: () => true },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, ...people.get(id) }),
    }),
  })
  callback = provider.callback()
  console.warn = warn
  console.info = info
  return {
    url,
    people,
    setting: JSON.stringify([{ name, label: 'Casa', issuer: url, clientId, clientSecret }]),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
