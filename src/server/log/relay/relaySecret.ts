import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** One node asks another. */
export interface Asking {
  from: string
  to: string
  /** Used once. It also names the stream that the request opens. */
  nonce: string
}

const SCHEME = 'Riacho-Node'

/**
 * Proves to a node that another one shares its database, and to that one who answers. Proofs are bound to both nodes and to
 * one request, so that a machine that has taken over an old address can neither use what it is sent nor answer.
 */
export class RelaySecret {
  readonly #secret: string

  constructor(secret: string) {
    this.#secret = secret
  }

  /** Makes a request: `authorization` is the value of its header. */
  ask({ from, to }: Pick<Asking, 'from' | 'to'>): { nonce: string; authorization: string } {
    const nonce = randomBytes(16).toString('hex')
    const proof = this.#proof('ask', from, to, nonce)
    return { nonce, authorization: `${SCHEME} ${from} ${to} ${nonce} ${proof}` }
  }

  /** Who asks whom. `undefined` if the header proves nothing. */
  asking(authorization: string | undefined): Asking | undefined {
    const [scheme, from = '', to = '', nonce = '', proof = ''] = authorization?.split(' ') ?? []
    if (scheme !== SCHEME || !isEqual(proof, this.#proof('ask', from, to, nonce))) return undefined
    return { from, to, nonce }
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

/** Takes the same time whatever differs. */
function isEqual(given: string, right: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(right)]
  return one.length === other.length && timingSafeEqual(one, other)
}
