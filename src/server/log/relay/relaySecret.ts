import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** One node asks another. */
export interface Asking {
  from: string
  to: string
  /** Made for one request. It also names the stream that the request opens. */
  nonce: string
  /** Of the body, as `digestOf` makes it. */
  digest: string
}

const SCHEME = 'Riacho-Node'

/**
 * Proves to a node that another one shares its database, and to that one who answers. A proof is bound to both nodes and to
 * the body of one request, so that a machine that has taken over an old address can neither use what it is sent nor answer.
 * Whoever reads a request on its way can send it again, as it is.
 */
export class RelaySecret {
  readonly #secret: string

  constructor(secret: string) {
    this.#secret = secret
  }

  /** Makes a request: `authorization` is the value of its header. */
  ask({ from, to }: Pick<Asking, 'from' | 'to'>, body: string): { nonce: string; authorization: string } {
    const nonce = randomBytes(16).toString('hex')
    const digest = digestOf(body)
    const proof = this.#proof('ask', from, to, nonce, digest)
    return { nonce, authorization: `${SCHEME} ${from} ${to} ${nonce} ${digest} ${proof}` }
  }

  /** Who asks whom. `undefined` if the header proves nothing. */
  asking(authorization: string | undefined): Asking | undefined {
    const [scheme, from = '', to = '', nonce = '', digest = '', proof = ''] = authorization?.split(' ') ?? []
    if (scheme !== SCHEME || !isEqual(proof, this.#proof('ask', from, to, nonce, digest))) return undefined
    return { from, to, nonce, digest }
  }

  /** The value of the header of an answer: the node that answers, and its proof. */
  answer(nodeId: string, nonce: string): string {
    return `${nodeId} ${this.#proof('answer', nodeId, nonce)}`
  }

  /** The node that answered the request with this nonce. `undefined` if the header proves nothing. */
  answering(header: unknown, nonce: string): string | undefined {
    const [nodeId = '', proof = ''] = typeof header === 'string' ? header.split(' ') : []
    return isEqual(proof, this.#proof('answer', nodeId, nonce)) ? nodeId : undefined
  }

  #proof(...words: string[]): string {
    return createHmac('sha256', this.#secret)
      .update(`riacho relay ${words.join(' ')}`)
      .digest('hex')
  }
}

/** The SHA-256 of a body, in hexadecimal digits. */
export function digestOf(body: string): string {
  return hash('sha256', body)
}

/** Takes the same time whatever differs. */
function isEqual(given: string, right: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(right)]
  return one.length === other.length && timingSafeEqual(one, other)
}
