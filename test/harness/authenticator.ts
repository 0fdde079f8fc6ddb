import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** What a test can make wrong. If absent, it is as it should be. */
export interface Deviation {
  origin?: string
  rpId?: string
  /** By default one more than the last time. */
  counter?: number
  isVerified?: boolean
  userHandle?: string
  challenge?: string
  /** Signs in place of the key of the credential. */
  key?: KeyObject
}

/** What the server asks a browser for. */
interface Options {
  challenge: string
  rp?: { id: string }
  rpId?: string
  user?: { id: string }
}

/**
 * An authenticator and the browser before it, by the words of WebAuthn: its keys and signatures are real. This file uses no code of the
 * server, so that both cannot be wrong in the same way.
 */
export class Authenticator {
  readonly id = randomBytes(32).toString('base64url')
  readonly #origin: string
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  #userHandle = randomBytes(16).toString('base64url')
  #counter = 0

  constructor(origin: string) {
    this.#origin = origin
  }

  /** Makes the credential that `navigator.credentials.create` gives. */
  create(options: object, deviation: Deviation = {}) {
    const { challenge, rp, user } = options as Options
    this.#userHandle = user?.id ?? this.#userHandle
    const authData = this.#data(rp?.id ?? '', deviation, [
      Buffer.alloc(16),
      Buffer.from([0, 32]),
      Buffer.from(this.id, 'base64url'),
      this.#coseKey(),
    ])
    // CBOR: {"fmt": "none", "attStmt": {}, "authData": bytes}
    const attestationObject = Buffer.concat([
      Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746159', 'hex'),
      Buffer.from([authData.length >> 8, authData.length & 255]),
      authData,
    ])
    return {
      id: this.id,
      type: 'public-key',
      response: {
        clientDataJSON: this.#clientData('webauthn.create', challenge, deviation).toString('base64url'),
        attestationObject: attestationObject.toString('base64url'),
      },
    }
  }

  /** Signs, as `navigator.credentials.get` gives it. */
  get(options: object, deviation: Deviation = {}) {
    const { challenge, rpId = '' } = options as Options
    this.#counter += 1
    const authData = this.#data(rpId, deviation)
    const clientData = this.#clientData('webauthn.get', challenge, deviation)
    const signed = Buffer.concat([authData, createHash('sha256').update(clientData).digest()])
    return {
      id: this.id,
      type: 'public-key',
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: sign('sha256', signed, deviation.key ?? this.#keys.privateKey).toString('base64url'),
        userHandle: deviation.userHandle ?? this.#userHandle,
      },
    }
  }

  #clientData(type: string, challenge: string, deviation: Deviation): Buffer {
    const origin = deviation.origin ?? this.#origin
    return Buffer.from(
      JSON.stringify({ type, challenge: deviation.challenge ?? challenge, origin, crossOrigin: false }),
    )
  }

  #data(rpId: string, { rpId: otherId, counter, isVerified = true }: Deviation, made: Buffer[] = []): Buffer {
    const [isPresent, wasVerified, hasKey] = [1, isVerified ? 4 : 0, made.length > 0 ? 64 : 0]
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter ?? this.#counter)
    return Buffer.concat([
      createHash('sha256')
        .update(otherId ?? rpId)
        .digest(),
      Buffer.from([isPresent | wasVerified | hasKey]),
      count,
      ...made,
    ])
  }

  /** CBOR of an ES256 key: {1: 2, 3: -7, -1: 1, -2: x, -3: y} */
  #coseKey(): Buffer {
    const { x = '', y = '' } = this.#keys.publicKey.export({ format: 'jwk' })
    return Buffer.concat([
      Buffer.from('a5010203262001215820', 'hex'),
      Buffer.from(x, 'base64url'),
      Buffer.from('225820', 'hex'),
      Buffer.from(y, 'base64url'),
    ])
  }
}
