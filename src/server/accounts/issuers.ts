import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import { fetch as undiciFetch } from 'undici'
import { RiachoError } from '../../protocol/errors.ts'
import type { IssuerSettings } from '../config/issuerSettings.ts'
import type { NetworkSettings } from '../config/network.ts'
import { createDispatcher } from '../dispatcher.ts'
import { isLoopback } from '../loopback.ts'

/** How long an issuer may take to answer, in seconds. */
const TIMEOUT = 10
/** The most bytes of an answer of an issuer. */
const MAX_BYTES = 1_000_000

/** What only the browser and the server know of a login that was begun. */
export interface LoginSecrets {
  state: string
  nonce: string
  verifier: string
}

/** Whom an issuer vouches for. */
export interface IssuerPerson {
  subject: string
  email: string | undefined
  /** Whether the issuer says that the address is that of the person. */
  isVerified: boolean
  name: string
  /** What the claim with the groups says. Empty if there is none. */
  groups: readonly string[]
}

/** A server that says who somebody is (OpenID Connect). */
export interface Issuer {
  readonly settings: IssuerSettings
  /** The address at which the person signs in there. Throws `ISSUER_UNAVAILABLE`. */
  begin(redirectUri: string): Promise<{ url: string; secrets: LoginSecrets }>
  /** Exchanges what the person came back with. Throws `ISSUER_UNAVAILABLE` and `SIGN_IN_FAILED`. */
  finish(currentUrl: string, secrets: LoginSecrets): Promise<IssuerPerson>
}

/** Asks an issuer what it needs only when somebody signs in. What it said of itself is kept. */
export function createIssuer(
  settings: IssuerSettings,
  { network, groupsClaim }: { network: NetworkSettings | undefined; groupsClaim: string | undefined },
): Issuer {
  const address = new URL(settings.issuer)
  const dispatcher = createDispatcher({
    address: settings.issuer,
    connectTimeout: TIMEOUT * 1000,
    network,
    maxResponseSize: MAX_BYTES,
  })
  const fetchIssuer = (url: string, init: object) =>
    undiciFetch(url, { ...init, dispatcher } as Parameters<
      typeof undiciFetch
    >[1]) as unknown as Promise<Response>
  let known: Promise<Configuration> | undefined

  function configuration(): Promise<Configuration> {
    known ??= discovery(address, settings.clientId, settings.clientSecret, undefined, {
      timeout: TIMEOUT,
      [customFetch]: fetchIssuer,
      // Only an issuer on this machine may be asked without encryption.
      ...(isLoopback(address.hostname) && { execute: [allowInsecureRequests] }),
    })
    const asked = known
    asked.catch(() => {
      if (known === asked) known = undefined
    })
    return asked
  }

  async function reached(): Promise<Configuration> {
    try {
      return await configuration()
    } catch (cause) {
      throw new RiachoError('ISSUER_UNAVAILABLE', `${settings.name} does not answer`, { cause })
    }
  }

  return {
    settings,
    async begin(redirectUri) {
      const config = await reached()
      const secrets = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() }
      const url = buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: settings.scope,
        state: secrets.state,
        nonce: secrets.nonce,
        code_challenge: await calculatePKCECodeChallenge(secrets.verifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, secrets }
    },
    async finish(currentUrl, { state, nonce, verifier }) {
      const config = await reached()
      try {
        const tokens = await authorizationCodeGrant(config, new URL(currentUrl), {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        })
        const claims = (tokens.claims() ?? {}) as Record<string, unknown>
        const { sub, email, email_verified, name } = claims
        return {
          subject: String(sub),
          email: typeof email === 'string' ? email : undefined,
          isVerified: email_verified === true,
          name: typeof name === 'string' ? name : '',
          groups: groupsClaim === undefined ? [] : textsIn(claims[groupsClaim]),
        }
      } catch (cause) {
        throw new RiachoError('SIGN_IN_FAILED', `${settings.name} does not vouch for anybody`, { cause })
      }
    },
  }
}

/** The most groups of a person that are looked at. */
const MAX_GROUPS = 1000

/** A claim with one text or with a list of them. */
function textsIn(claim: unknown): string[] {
  return [claim]
    .flat()
    .filter(each => typeof each === 'string')
    .slice(0, MAX_GROUPS)
}
