import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { request } from 'undici'
import type { Clock } from '../clock.ts'
import type { NetworkSettings } from '../config/network.ts'
import { createDispatcher } from '../dispatcher.ts'

/** How long the address may take to answer, in milliseconds. */
const TIMEOUT = 5000
/** The most bytes that the address may answer. It may answer without end. */
const MAX_BYTES = 1_000_000
/** How long keys are used before they are read again, in milliseconds. A key that the host withdraws ends by then. */
const KEPT_FOR = 10 * 60_000
/** How long keys are used before a token that names none of them makes them be read again, in milliseconds. */
const KEPT_FOR_UNKNOWN = 5000
/** How long the address is left alone after it failed, in milliseconds. Otherwise each request would ask it again. */
const PAUSE = 1000

/** The keys of a host could not be read from their address. `cause` says why. */
export class UnreadableKeys extends Error {}

export interface KeySetOptions {
  url: string
  network?: NetworkSettings | undefined
  clock: Pick<Clock, 'monotonic'>
}

/**
 * Finds the key that signed a token among the keys (JWKS) at `url`. It reads them when it needs them. Rejects with
 * `UnreadableKeys` if they have to be read and cannot be, and with an error of `jose` if none of them fits. Keys that
 * are not too old count also while the address fails, because anybody can send a token that makes it be asked. Ages
 * are monotonic, because somebody may set the time of day back.
 */
export function createKeySet({ url, network, clock }: KeySetOptions): JWTVerifyGetKey {
  let keys: { find: JWTVerifyGetKey; readAt: number } | undefined
  let failure: { error: UnreadableKeys; at: number } | undefined
  let reading: Promise<JWTVerifyGetKey> | undefined

  const age = () => clock.monotonic() - (keys?.readAt ?? Number.NEGATIVE_INFINITY)

  async function read(): Promise<JWTVerifyGetKey> {
    // The age counts from the question, because the host may withdraw a key while its answer is on the way.
    const readAt = clock.monotonic()
    if (failure && readAt - failure.at < PAUSE) throw failure.error
    try {
      keys = { find: await readKeys(url, network), readAt }
      failure = undefined
      return keys.find
    } catch (cause) {
      const error = new UnreadableKeys('the keys of the host cannot be read', { cause })
      failure = { error, at: clock.monotonic() }
      throw error
    }
  }

  function readOnce(): Promise<JWTVerifyGetKey> {
    reading ??= read().finally(() => {
      reading = undefined
    })
    return reading
  }

  return async (header, token) => {
    const find = keys && age() < KEPT_FOR ? keys.find : await readOnce()
    try {
      return await find(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || age() < KEPT_FOR_UNKNOWN) throw error
      return (await readOnce())(header, token)
    }
  }
}

async function readKeys(url: string, network: NetworkSettings = {}): Promise<JWTVerifyGetKey> {
  const { httpProxy: _, ...others } = network
  const dispatcher = createDispatcher({
    address: url,
    connectTimeout: TIMEOUT,
    // Without TLS nothing would protect the keys on their way through a proxy. Such an address is of this machine.
    network: others,
    maxResponseSize: MAX_BYTES,
  })
  try {
    const { statusCode, body } = await request(url, {
      dispatcher,
      signal: AbortSignal.timeout(TIMEOUT),
      headers: { accept: 'application/json, application/jwk-set+json', 'accept-encoding': 'identity' },
    })
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`the status of the answer is ${statusCode}`)
    return createLocalJWKSet(JSON.parse(text) as JSONWebKeySet)
  } finally {
    await dispatcher.destroy()
  }
}
