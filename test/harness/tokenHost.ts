import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

export const AUDIENCE = 'riacho-test'
export const SECRET = 'a secret of a host, of more than 32 bytes'

type Claims = JWTPayload & Record<string, unknown>

/** Claims of a good token for Ana, with these changes. `undefined` leaves a claim out. */
export function claims(changes: Claims = {}, now = Date.now()): Claims {
  const seconds = Math.floor(now / 1000)
  const all: Claims = { sub: 'ana', aud: AUDIENCE, iat: seconds, exp: seconds + 300, ...changes }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

/** A token that is signed with a secret. */
export function signWithSecret(
  payload: Claims,
  secret: string | Uint8Array = SECRET,
  alg = 'HS256',
): Promise<string> {
  const key = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  return new SignJWT(payload).setProtectedHeader({ alg }).sign(key)
}

/** A token that says that nothing signs it. */
export function unsigned(payload: Claims): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part(payload)}.`
}

type Algorithm = 'RS256' | 'ES256' | 'EdDSA'

export interface TokenHost extends AsyncDisposable {
  /** Where its keys are (JWKS). */
  readonly jwksUrl: string
  /** How often somebody has asked for the keys. */
  readonly asked: number
  /** The status of the answer to whoever asks for the keys. */
  status: number
  sign(payload: Claims, alg?: Algorithm): Promise<string>
  /** Signs with a key of somebody else, under the name of ours. */
  forge(payload: Claims, alg?: Algorithm): Promise<string>
  /** Signs with our public key as if it were a shared secret. */
  confuse(payload: Claims): Promise<string>
}

/** A host with a key for each algorithm, and a server on loopback that gives the public ones. */
export async function startTokenHost(): Promise<TokenHost> {
  const algorithms: Algorithm[] = ['RS256', 'ES256', 'EdDSA']
  const pairOf = (alg: Algorithm) => generateKeyPair(alg, { extractable: true })
  const pairs = new Map(
    await Promise.all(
      algorithms.map(async alg => [alg, { own: await pairOf(alg), other: await pairOf(alg) }] as const),
    ),
  )
  const keys = await Promise.all(
    [...pairs].map(async ([alg, { own }]) => ({
      ...(await exportJWK(own.publicKey)),
      kid: alg,
      alg,
      use: 'sig',
    })),
  )
  const signed = (payload: Claims, alg: Algorithm, whose: 'own' | 'other') => {
    const pair = pairs.get(alg)?.[whose]
    if (!pair) throw new Error(`no key for ${alg}`)
    return new SignJWT(payload).setProtectedHeader({ alg, kid: alg }).sign(pair.privateKey)
  }
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.writeHead(host.status, { 'content-type': 'application/json', connection: 'close' })
    response.end(JSON.stringify({ keys }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const host: TokenHost = {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    get asked() {
      return asked
    },
    status: 200,
    sign: (payload, alg = 'RS256') => signed(payload, alg, 'own'),
    forge: (payload, alg = 'RS256') => signed(payload, alg, 'other'),
    async confuse(payload) {
      const publicKey = pairs.get('RS256')?.own.publicKey
      if (!publicKey) throw new Error('no key')
      const secret = new TextEncoder().encode(await exportSPKI(publicKey))
      return new SignJWT(payload).setProtectedHeader({ alg: 'HS256', kid: 'RS256' }).sign(secret)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return host
}
