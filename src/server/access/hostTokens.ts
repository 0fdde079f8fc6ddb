import { createSecretKey } from 'node:crypto'
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Logger } from 'pino'
import { RiachoError } from '../../protocol/errors.ts'
import type { Clock } from '../clock.ts'
import type { NetworkSettings } from '../config/network.ts'
import { bearerOf } from './bearer.ts'
import type { Authenticator, Identity } from './caller.ts'
import { identityOf } from './hostOwner.ts'
import { createKeySet, UnreadableKeys } from './keySet.ts'

/** By how much the clocks of host and server may differ, in seconds. */
const SKEW = 30
/** One line of the log for each reason in this time, in milliseconds. Anybody can send wrong tokens as fast as they like. */
const SILENCE = 60_000

/** How the tokens of a host are checked. */
export interface HostTokenOptions {
  /** What signs the tokens: a secret that both sides know, or the keys at an address. */
  key: { secret: string } | { jwksUrl: string }
  audience: string
  /** If absent, `iss` says nothing. */
  issuer?: string
  /** The longest time from `iat` to `exp`, in seconds. */
  maxAgeSeconds: number
  /** What lies between Riacho and the address of the keys. */
  network?: NetworkSettings | undefined
}

type TokenClock = Pick<Clock, 'now' | 'monotonic'>

/** Why a token that is well signed is refused. The log names it. */
class RefusedClaim extends Error {
  constructor(claim: string) {
    super(`the claim ${claim} is not acceptable`)
  }
}

/**
 * Identifies the person whom a host vouches for by a JWT in `Authorization: Bearer`. Requests without a bearer are left
 * to the next authenticator. Whatever is wrong with a token, the answer is the same: `UNAUTHENTICATED`.
 */
export function createHostTokens(
  options: HostTokenOptions,
  { clock, logger }: { clock: TokenClock; logger: Pick<Logger, 'warn'> },
): Authenticator {
  const check = createCheck(options, clock)
  const lastLogged = new Map<string, number>()

  /** The log never has a part of the token. */
  function logRefusal(error: unknown): void {
    const { reason, ...facts } = refusalOf(error)
    const now = clock.monotonic()
    if (now - (lastLogged.get(reason) ?? -SILENCE) < SILENCE) return
    lastLogged.set(reason, now)
    logger.warn({ reason, ...facts }, 'a host token was refused')
  }

  return {
    decidesAlone: request => bearerOf(request) !== undefined,
    async identify(request) {
      const token = bearerOf(request)
      if (token === undefined) return null
      try {
        return { identity: await check(token) }
      } catch (error) {
        logRefusal(error)
        throw new RiachoError('UNAUTHENTICATED')
      }
    },
  }
}

/** Checks a token, and gives the person whom it names. Rejects with whatever is wrong. */
function createCheck(options: HostTokenOptions, clock: TokenClock) {
  const { audience, issuer, maxAgeSeconds } = options
  // Each kind of key has its own algorithms. A public key must never serve as the secret of HS256.
  const { algorithms, getKey } = keyOf(options, clock)
  return async (token: string): Promise<Identity> => {
    const now = clock.now()
    const { payload } = await jwtVerify(token, getKey, {
      algorithms,
      audience,
      ...(issuer !== undefined && { issuer }),
      requiredClaims: ['exp', 'sub'],
      clockTolerance: SKEW,
      currentDate: new Date(now),
    })
    requireShortLife({ now: now / 1000, maxAgeSeconds }, payload)
    try {
      return identityOf(payload.sub)
    } catch {
      throw new RefusedClaim('sub')
    }
  }
}

function keyOf(
  { key, network }: Pick<HostTokenOptions, 'key' | 'network'>,
  clock: TokenClock,
): { algorithms: string[]; getKey: JWTVerifyGetKey } {
  if ('jwksUrl' in key)
    return {
      algorithms: ['RS256', 'ES256', 'EdDSA'],
      getKey: createKeySet({ url: key.jwksUrl, network, clock }),
    }
  const secret = createSecretKey(key.secret, 'utf8')
  return { algorithms: ['HS256'], getKey: async () => secret }
}

/** `now` is in seconds since 1970, as the claims are. */
function requireShortLife(
  { now, maxAgeSeconds }: { now: number; maxAgeSeconds: number },
  { exp = 0, iat = now }: JWTPayload,
): void {
  if (iat > now + SKEW) throw new RefusedClaim('iat')
  if (exp - iat > maxAgeSeconds + SKEW) throw new RefusedClaim('exp')
}

/** What the log says of a refusal. Messages of `jose` are left out, because some repeat what the token has. */
function refusalOf(error: unknown): { reason: string; err?: unknown } {
  if (error instanceof RefusedClaim) return { reason: error.message }
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired)
    return { reason: new RefusedClaim(error.claim).message }
  if (error instanceof errors.JOSEError) return { reason: error.code }
  return {
    reason: error instanceof UnreadableKeys ? error.message : 'the token cannot be checked',
    err: error,
  }
}
