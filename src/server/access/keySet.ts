import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import type { Clock } from '../clock.ts'

/** How long the address may take to answer, in milliseconds. */
const TIMEOUT = 5000
/** How long keys are used before they are asked for again, in milliseconds. A key that the host withdraws ends by then. */
const KEPT_FOR = 10 * 60_000
/** How long the address is left alone after it failed, in milliseconds. Otherwise each request would ask it again. */
const PAUSE = 1000

/** The keys of a host could not be read from their address. `cause` says why. */
export class UnreadableKeys extends Error {}

/**
 * Finds the key that signed a token among the keys (JWKS) at `url`. They are read when they are needed. Rejects with
 * `UnreadableKeys` while they cannot be read, and with an error of `jose` if none of them fits.
 */
export function createKeySet(url: string, clock: Pick<Clock, 'monotonic'>): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(url), { timeoutDuration: TIMEOUT, cacheMaxAge: KEPT_FOR })
  let failure: { error: UnreadableKeys; at: number } | undefined
  return async (header, token) => {
    if (failure && clock.monotonic() - failure.at < PAUSE) throw failure.error
    failure = undefined
    try {
      return await keys(header, token)
    } catch (cause) {
      if (isAboutToken(cause)) throw cause
      failure = {
        error: new UnreadableKeys('the keys of the host cannot be read', { cause }),
        at: clock.monotonic(),
      }
      throw failure.error
    }
  }
}

/** The keys were read, and the token names none of them, or a kind of key that is not supported. */
function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  )
}
