import type {
  AuthorizationServerMetadata,
  OAuthClientInformation,
  OAuthTokens,
} from '@modelcontextprotocol/client'
import { RiachoError } from '../../../protocol/errors.ts'
import type { NetworkSettings } from '../../config/network.ts'
import type { ToolServer } from '../../config/toolServers.ts'
import type { SignInChallenge } from '../../generation/tools.ts'
import { createGuardedFetch, PrivateAddress } from './guardedFetch.ts'

/** The issuer of a server, and how it knows this installation. */
interface AtIssuer {
  issuerUrl: string
  metadata?: AuthorizationServerMetadata | undefined
  client: OAuthClientInformation
  /** What the tokens are for. */
  resource?: string | undefined
}

/** What is kept between the begin of a sign-in and its end. */
export interface BegunSignIn extends AtIssuer {
  verifier: string
  redirectUri: string
}

/** What lets Riacho use a server in the name of a person. */
export interface Grant extends AtIssuer {
  tokens: OAuthTokens
}

/** Where registrations at issuers are kept. */
export interface KeptClients {
  /** The one with which a person goes to the issuer now. `undefined`: there is none that the issuer surely knows. */
  use(issuer: string): Promise<OAuthClientInformation | undefined>
  store(issuer: string, client: OAuthClientInformation): Promise<void>
  /** A person came back with it. */
  proved(issuer: string, client: OAuthClientInformation): Promise<void>
  /** The issuer knows it no more. */
  forget(issuer: string, client: OAuthClientInformation): Promise<void>
}

/** What Riacho says of itself to an issuer. */
export interface ClientFacts {
  redirectUri: string
  /** Where an issuer reads the same. Absent where it cannot be reached over https. */
  documentUrl?: string
}

/** What issuers answer that are only busy. The last one is of RFC 8628, and some use it for every limit. */
const PASSING = new Set(['server_error', 'temporarily_unavailable', 'too_many_requests', 'slow_down'])

/** The client metadata by which issuers know Riacho. */
export function clientMetadataOf(redirectUri: string) {
  const { hostname } = new URL(redirectUri)
  const isLocal = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
  return {
    client_name: 'Riacho',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: isLocal ? 'native' : 'web',
  }
}

export type OAuth = ReturnType<typeof createOAuth>

/**
 * Speaks with the issuer of one server. The server names the issuer and is not trusted, so everything is asked by
 * `createGuardedFetch`. No error carries what an issuer answered, because that may be a secret.
 */
export function createOAuth(server: ToolServer & { address: { url: string } }, network?: NetworkSettings) {
  const { url } = server.address
  const { issuer: namedIssuer } = server.signIn ?? {}
  const guard = createGuardedFetch({ server: url, issuer: namedIssuer }, network)
  const { fetch: fetchFn } = guard

  /** Throws `ISSUER_UNAVAILABLE`. */
  async function begin(
    { metadataUrl, scope }: Pick<SignInChallenge, 'metadataUrl' | 'scope'>,
    { facts, state, clients }: { facts: ClientFacts; state: string; clients: KeptClients },
  ): Promise<{ url: string; begun: BegunSignIn }> {
    const sdk = await import('@modelcontextprotocol/client')
    try {
      const resourceMetadataUrl = metadataUrl === undefined ? undefined : new URL(metadataUrl)
      const found = await sdk.discoverOAuthServerInfo(url, {
        fetchFn,
        ...(resourceMetadataUrl && { resourceMetadataUrl }),
      })
      const { authorizationServerUrl: issuerUrl, authorizationServerMetadata: metadata } = found
      const { resourceMetadata } = found
      if (namedIssuer !== undefined && new URL(issuerUrl).origin !== new URL(namedIssuer).origin)
        throw new Error('the server names another issuer than the operator')
      const resource = resourceMetadata?.resource
      const requestedResource = sdk.resourceUrlFromServerUrl(url)
      if (
        resource !== undefined &&
        !sdk.checkResourceAllowed({ requestedResource, configuredResource: resource })
      )
        throw new Error('the server says that it is another one')
      const scopes = withOfflineAccess(
        scope ?? server.signIn?.scope ?? resourceMetadata?.scopes_supported?.join(' '),
        metadata,
      )
      const at = { issuerUrl, metadata, resource }
      const client = await clientAt(at, { facts, clients })
      const { authorizationUrl, codeVerifier } = await sdk.startAuthorization(issuerUrl, {
        clientInformation: client,
        redirectUrl: facts.redirectUri,
        state,
        ...(metadata && { metadata }),
        ...(scopes !== undefined && { scope: scopes }),
        ...(resource !== undefined && { resource }),
      })
      // The browser of the person goes there, and not wherever an issuer may say.
      guard.check(authorizationUrl)
      const begun = { ...at, client, verifier: codeVerifier, redirectUri: facts.redirectUri }
      return { url: authorizationUrl.href, begun }
    } catch (error) {
      throw new RiachoError('ISSUER_UNAVAILABLE', `${server.name}: ${reasonOf(error)}`)
    }
  }

  async function clientAt(
    { issuerUrl, metadata }: Omit<AtIssuer, 'client'>,
    { facts, clients }: { facts: ClientFacts; clients: KeptClients },
  ): Promise<OAuthClientInformation> {
    const { client: own } = server.signIn ?? {}
    if (own) return { client_id: own.id, ...(own.secret !== undefined && { client_secret: own.secret }) }
    if (facts.documentUrl !== undefined && metadata?.client_id_metadata_document_supported === true)
      return { client_id: facts.documentUrl }
    const issuer = metadata?.issuer ?? issuerUrl
    const known = await clients.use(issuer)
    if (known) return known
    // Without a scope, so that the server can ask for more later.
    const { registerClient } = await import('@modelcontextprotocol/client')
    const client = await registerClient(issuerUrl, {
      clientMetadata: clientMetadataOf(facts.redirectUri),
      fetchFn,
      ...(metadata && { metadata }),
    })
    await clients.store(issuer, client)
    return client
  }

  /** Exchanges what the person came back with. Throws `SIGN_IN_FAILED`. */
  async function finish(begun: BegunSignIn, answer: URLSearchParams, clients: KeptClients): Promise<Grant> {
    const sdk = await import('@modelcontextprotocol/client')
    const { issuerUrl, metadata, client, resource, verifier, redirectUri } = begun
    const [code, iss] = [answer.get('code'), answer.get('iss') ?? undefined]
    let tokens: OAuthTokens
    try {
      sdk.validateAuthorizationResponseIssuer({
        iss,
        expectedIssuer: metadata?.issuer,
        issParameterSupported: metadata?.authorization_response_iss_parameter_supported === true,
      })
      if (code === null) throw new Error('the issuer gave no code')
      tokens = await sdk.exchangeAuthorization(issuerUrl, {
        clientInformation: client,
        authorizationCode: code,
        codeVerifier: verifier,
        redirectUri,
        fetchFn,
        ...(metadata && { metadata }),
        ...(iss !== undefined && { iss }),
        ...(resource !== undefined && { resource: new URL(resource) }),
      })
      requireBearer(tokens)
    } catch (error) {
      if (isUnknownClient(error)) await clients.forget(metadata?.issuer ?? issuerUrl, client)
      throw new RiachoError('SIGN_IN_FAILED', `${server.name}: ${reasonOf(error)}`)
    }
    await clients.proved(metadata?.issuer ?? issuerUrl, client)
    return { issuerUrl, metadata, client, resource, tokens }
  }

  /** New tokens in place of old ones. `undefined`: the issuer gives none any more. Throws if it cannot be asked. */
  async function renew(grant: Grant, clients: KeptClients): Promise<Grant | undefined> {
    const { issuerUrl, metadata, client, resource, tokens } = grant
    if (tokens.refresh_token === undefined) return undefined
    const sdk = await import('@modelcontextprotocol/client')
    try {
      const renewed = await sdk.refreshAuthorization(issuerUrl, {
        clientInformation: client,
        refreshToken: tokens.refresh_token,
        fetchFn,
        ...(metadata && { metadata }),
        ...(resource !== undefined && { resource: new URL(resource) }),
      })
      requireBearer(renewed)
      const { scope } = tokens
      return { ...grant, tokens: { ...(scope !== undefined && { scope }), ...renewed } }
    } catch (error) {
      if (isUnknownClient(error)) await clients.forget(metadata?.issuer ?? issuerUrl, client)
      if (sdk.OAuthError.isInstance(error) && !PASSING.has(error.code)) return undefined
      throw new Error(`tokens could not be renewed: ${reasonOf(error)}`)
    }
  }

  /**
   * Tells the issuer that the tokens are needed no more (RFC 7009), where it takes that. Gives what went wrong, without a word of
   * the tokens, or `undefined`. Never rejects.
   */
  async function revoke({ issuerUrl, metadata, client, tokens }: Grant): Promise<string | undefined> {
    const { revocation_endpoint: endpoint } = Object(metadata) as { revocation_endpoint?: unknown }
    if (typeof endpoint !== 'string') return undefined
    // With a token to renew by, an issuer should let go of all that it gave for it. Not every one does.
    const all = [
      { token: tokens.refresh_token, token_type_hint: 'refresh_token' },
      { token: tokens.access_token, token_type_hint: 'access_token' },
    ]
    try {
      for (const { token, token_type_hint } of all) {
        if (token === undefined) continue
        const { headers, fields } = proofOf(client, Object(metadata))
        const body = new URLSearchParams({ token, token_type_hint, ...fields })
        const answer = await fetchFn(new URL(endpoint, issuerUrl), { method: 'POST', headers, body })
        const { status } = answer
        await answer.body?.cancel()
        if (status !== 200) return `status ${status}`
      }
      return undefined
    } catch (error) {
      return reasonOf(error)
    }
  }

  return { begin, finish, renew, revoke, close: guard.close }
}

/** How Riacho proves at an issuer which client it is. */
function proofOf(
  { client_id, client_secret }: OAuthClientInformation,
  metadata: Record<string, unknown>,
): { headers: Record<string, string>; fields: Record<string, string> } {
  if (client_secret === undefined) return { headers: {}, fields: { client_id } }
  const methods =
    metadata['revocation_endpoint_auth_methods_supported'] ??
    metadata['token_endpoint_auth_methods_supported'] ??
    []
  const isBasic = !Array.isArray(methods) || methods.length === 0 || methods.includes('client_secret_basic')
  if (!isBasic) return { headers: {}, fields: { client_id, client_secret } }
  const word = [client_id, client_secret].map(encodeURIComponent).join(':')
  return { headers: { authorization: `Basic ${Buffer.from(word).toString('base64')}` }, fields: {} }
}

/** An issuer that can renew tokens gives what it takes only to those who ask. */
function withOfflineAccess(
  scopes: string | undefined,
  metadata: AuthorizationServerMetadata | undefined,
): string | undefined {
  const isOffered = metadata?.scopes_supported?.includes('offline_access') === true
  if (scopes === undefined || !isOffered || scopes.split(' ').includes('offline_access')) return scopes
  return `${scopes} offline_access`
}

function requireBearer({ token_type }: OAuthTokens): void {
  if (!/^bearer$/i.test(token_type)) throw new Error('the tokens are of another kind')
}

function isUnknownClient(error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown }
  return code === 'invalid_client' || code === 'unauthorized_client'
}

/** What happened, without a word of the issuer but the code of an error. */
function reasonOf(error: unknown): string {
  const chain = [error, (error as Error)?.cause]
  const blocked = chain.find(each => each instanceof PrivateAddress)
  if (blocked) return (blocked as Error).message
  const code = chain.map(each => (Object(each) as { code?: unknown }).code).find(each => each !== undefined)
  const name = error instanceof Error ? error.name : 'Error'
  return code === undefined
    ? name
    : `${name} ${String(code)
        .replace(/[^\w-]/g, '_')
        .slice(0, 60)}`
}
