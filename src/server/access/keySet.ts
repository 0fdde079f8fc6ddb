import { createRemoteJWKSet, customFetch, errors, type FetchImplementation, type JWTVerifyGetKey } from 'jose'
import type { Clock } from '../clock.ts'

/** How long the address may take to answer, in milliseconds. */
const TIMEOUT = 5000
/** The most bytes that the address may answer. */
const MAX_BYTES = 1_000_000
/** How long keys are used before they are read again, in milliseconds. A key that the host withdraws ends by then. */
const KEPT_FOR = 10 * 60_000
/** How long keys are used before a token that names none of them makes them be read again, in milliseconds. */
const KEPT_FOR_UNKNOWN = 5000
/** How long the address is left alone after it failed, in milliseconds. Otherwise each request would ask it again. */
const PAUSE = 1000

/** The keys of a host could not be read from their address. `cause` says why. */
export class UnreadableKeys extends Error {}

/**
 * Finds the key that signed a token among the keys (JWKS) at `url`. It reads them when it needs them. Rejects with
 * `UnreadableKeys` if they have to be read and cannot be, and with an error of `jose` if none of them fits. Keys that
 * are not too old count also while the address fails, because anybody can send a token that makes it be asked.
 */
export function createKeySet(url: string, clock: Pick<Clock, 'monotonic'>): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: TIMEOUT,
    [customFetch]: fetchBounded,
    // `jose` measures ages by the time of day, which somebody may set back. So it never reads again by itself.
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
  })
  let readAt = Number.NEGATIVE_INFINITY
  let failure: { error: UnreadableKeys; at: number } | undefined
  let reading: Promise<void> | undefined

  const age = () => clock.monotonic() - readAt

  async function read(): Promise<void> {
    // The age counts from the question, because the host may withdraw a key while its answer is on the way.
    const askedAt = clock.monotonic()
    if (failure && askedAt - failure.at < PAUSE) throw failure.error
    try {
      await keys.reload()
      readAt = askedAt
      failure = undefined
    } catch (cause) {
      const error = new UnreadableKeys('the keys of the host cannot be read', { cause })
      failure = { error, at: clock.monotonic() }
      throw error
    }
  }

  function readOnce(): Promise<void> {
    reading ??= read().finally(() => {
      reading = undefined
    })
    return reading
  }

  return async (header, token) => {
    if (age() >= KEPT_FOR) await readOnce()
    try {
      return await keys(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || age() < KEPT_FOR_UNKNOWN) throw error
      await readOnce()
      return keys(header, token)
    }
  }
}

/** Fails as soon as the answer has more than `MAX_BYTES`, because the address may answer without end. */
const fetchBounded: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options)
  if (response.status !== 200) {
    await response.body?.cancel()
    return response
  }
  let length = 0
  const bound = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      length += chunk.length
      if (length > MAX_BYTES) controller.error(new Error(`the answer has more than ${MAX_BYTES} bytes`))
      else controller.enqueue(chunk)
    },
  })
  return new Response(response.body?.pipeThrough(bound) ?? null)
}
