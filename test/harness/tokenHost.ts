import { randomUUID } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

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
  /** The keys that it gives. */
  keys: JWK[]
  /** Answers in its place, if it is there. */
  answer: ((response: ServerResponse) => void) | undefined
  /** Withdraws the key for this algorithm, and signs with another one that has another name. */
  rotate(alg?: Algorithm): Promise<void>
  sign(payload: Claims, alg?: Algorithm): Promise<string>
  /** Signs with a key of somebody else, under the name of ours. */
  forge(payload: Claims, alg?: Algorithm): Promise<string>
  /** Signs with our public key as if it were a shared secret. */
  confuse(payload: Claims): Promise<string>
}

/** A key of ours and one of somebody else, both under one name. */
interface Signer {
  kid: string
  own: CryptoKeyPair
  other: CryptoKeyPair
}

/** A host with a key for each algorithm, and a server on loopback that gives the public ones. */
export async function startTokenHost(): Promise<TokenHost> {
  const pairOf = (alg: Algorithm) => generateKeyPair(alg, { extractable: true })
  const signers = new Map<Algorithm, Signer>()
  /** Makes a key for an algorithm, and gives its public half. */
  async function addSigner(alg: Algorithm, kid: string): Promise<JWK> {
    const signer = { kid, own: await pairOf(alg), other: await pairOf(alg) }
    signers.set(alg, signer)
    return { ...(await exportJWK(signer.own.publicKey)), kid, alg, use: 'sig' }
  }
  const keys = await Promise.all((['RS256', 'ES256', 'EdDSA'] as const).map(alg => addSigner(alg, alg)))
  const signed = (payload: Claims, alg: Algorithm, whose: 'own' | 'other') => {
    const signer = signers.get(alg)
    if (!signer) throw new Error(`no key for ${alg}`)
    return new SignJWT(payload).setProtectedHeader({ alg, kid: signer.kid }).sign(signer[whose].privateKey)
  }
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    if (host.answer) return host.answer(response)
    response.writeHead(host.status, { 'content-type': 'application/json', connection: 'close' })
    response.end(JSON.stringify({ keys: host.keys }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const host: TokenHost = {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    get asked() {
      return asked
    },
    status: 200,
    keys,
    answer: undefined,
    async rotate(alg = 'RS256') {
      const added = await addSigner(alg, randomUUID())
      host.keys = [...host.keys.filter(key => key.alg !== alg), added]
    },
    sign: (payload, alg = 'RS256') => signed(payload, alg, 'own'),
    forge: (payload, alg = 'RS256') => signed(payload, alg, 'other'),
    async confuse(payload) {
      const publicKey = signers.get('RS256')?.own.publicKey
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
