import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AuthInfo,
  createMcpHandler,
  getOAuthProtectedResourceMetadataUrl,
  McpServer,
  type McpServerFactory,
  OAuthError,
  OAuthErrorCode,
  oauthMetadataResponse,
  requireBearerAuth,
} from '@modelcontextprotocol/server'
import { Provider } from 'oidc-provider'
import { serveHandler } from './fetchServer.ts'
import { freePort } from './freePort.ts'

export interface ToolIssuer extends AsyncDisposable {
  readonly url: string
  readonly provider: Provider
  /** Every request, as `POST /token`. */
  readonly asked: string[]
  /** Each request waits for it before it is answered. */
  before: (request: string) => Promise<void>
}

/** A real issuer of OAuth, which takes registrations and any password. Its tokens are good for `audience`. */
export async function openToolIssuer({
  audience,
  accessTokenSeconds = 600,
}: {
  audience: string
  accessTokenSeconds?: number
}): Promise<ToolIssuer> {
  const asked: string[] = []
  let callback: ReturnType<Provider['callback']> | undefined
  const server = createServer((request, response) => {
    const what = `${request.method} ${request.url?.split('?')[0]}`
    asked.push(what)
    void issuer.before(what).then(() => callback?.(request, response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  // It says that its pages are for development.
  const { warn, info } = console
  console.warn = console.info = () => {}
  const provider = new Provider(url, {
    scopes: ['openid', 'offline_access', 'read', 'write'],
    features: {
      registration: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'read write',
          audience,
          accessTokenTTL: accessTokenSeconds,
          accessTokenFormat: 'opaque',
        }),
      },
    },
    ttl: { Interaction: 600, Session: 600, Grant: 600, RefreshToken: 6000 },
    pkce: { required: () => true },
    issueRefreshToken: async () => true,
    rotateRefreshToken: () => true,
    findAccount: (_context, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  })
  callback = provider.callback()
  console.warn = warn
  console.info = info
  const issuer: ToolIssuer = {
    url,
    provider,
    asked,
    before: async () => {},
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return issuer
}

export interface ProtectedServer extends AsyncDisposable {
  readonly url: string
  readonly issuer: ToolIssuer
  /** The tokens that came, the last one last. */
  readonly tokens: string[]
  /** From now on tokens need these scopes. */
  needs(scopes: string[]): void
}

/** A server of the revision of 2026 that serves only people who have signed in at its issuer. */
export async function startProtectedServer(
  tools: (server: McpServer, context: Parameters<McpServerFactory>[0] & { person: string }) => void,
  { accessTokenSeconds = 600, scopes = ['read'] }: { accessTokenSeconds?: number; scopes?: string[] } = {},
): Promise<ProtectedServer> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/mcp`
  const issuer = await openToolIssuer({ audience: url, accessTokenSeconds })
  const tokens: string[] = []
  const handler = createMcpHandler(context => {
    const server = new McpServer({ name: 'guarded', version: '1.0.0' })
    const person = String(context.authInfo?.extra?.['person'])
    tools(server, { ...context, person })
    return server
  })
  const oauthMetadata = await fetch(`${issuer.url}/.well-known/openid-configuration`).then(
    answer => answer.json() as Promise<Parameters<typeof oauthMetadataResponse>[1]['oauthMetadata']>,
  )
  let requiredScopes = scopes
  const guard = (request: Request) =>
    requireBearerAuth({
      verifier: { verifyAccessToken: token => verify(issuer.provider, token) },
      requiredScopes,
      resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(new URL(url)),
      expectedResource: new URL(url),
    })(request)
  const served = await serveHandler(
    async request => {
      const metadata = oauthMetadataResponse(request, {
        oauthMetadata,
        resourceServerUrl: new URL(url),
        scopesSupported: scopes,
        dangerouslyAllowInsecureIssuerUrl: true,
      })
      if (metadata) return metadata
      const token = request.headers.get('authorization')?.replace(/^Bearer /, '')
      if (token !== undefined) tokens.push(token)
      const authInfo = await guard(request)
      return authInfo instanceof Response ? authInfo : handler.fetch(request, { authInfo })
    },
    { port },
  )
  return {
    url,
    issuer,
    tokens,
    needs(more) {
      requiredScopes = more
    },
    async [Symbol.asyncDispose]() {
      await handler.close()
      await served[Symbol.asyncDispose]()
      await issuer[Symbol.asyncDispose]()
    },
  }
}

async function verify(provider: Provider, token: string): Promise<AuthInfo> {
  const found = await provider.AccessToken.find(token)
  if (!found || found.isExpired) throw new OAuthError(OAuthErrorCode.InvalidToken, 'unknown or expired')
  return {
    token,
    clientId: found.clientId ?? '',
    scopes: [...found.scopes],
    expiresAt: Number(found.exp),
    resource: new URL(String(found.aud)),
    extra: { person: found.accountId },
  }
}
