import { Agent, request } from 'undici'
import { NODE_HEADER, RELAY_PATH, type RelayRequest } from './relayRequests.ts'
import type { RelaySecret } from './relaySecret.ts'

/** A node that others can reach. */
export interface RelayTarget {
  nodeId: string
  address: string
}

/** What another node answered. */
export interface RelayAnswer {
  /** The body, piece by piece. */
  pieces(): AsyncIterable<string>
  /** Takes the body, and forgets it. */
  dump(): Promise<void>
  /** Names the stream, if the request opened one. */
  nonce: string
}

/** Asks other nodes. */
export interface NodeClient {
  /** `from`: the node that asks. Throws if it is not the target that answers, or if it refuses. */
  ask(
    between: { from: string; target: RelayTarget },
    body: RelayRequest,
    signal?: AbortSignal,
  ): Promise<RelayAnswer>
  close(): Promise<void>
}

/** The address of a node does not reach it, as that of a balancer. */
export class OtherNodeError extends Error {}

/** How long connecting may take, in milliseconds. */
const CONNECT_TIMEOUT = 2000
/** How long a node may take to answer, in milliseconds. */
const ANSWER_TIMEOUT = 3000

export function createNodeClient(secret: RelaySecret): NodeClient {
  // Never by a proxy: nodes reach each other.
  const dispatcher = new Agent({ connect: { timeout: CONNECT_TIMEOUT }, allowH2: false })
  return {
    async ask({ from, target }, body, signal) {
      const text = JSON.stringify(body)
      const { nonce, authorization } = secret.ask({ from, to: target.nodeId }, text)
      const answer = await request(`${target.address}${RELAY_PATH}`, {
        dispatcher,
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: text,
        headersTimeout: ANSWER_TIMEOUT,
        bodyTimeout: 0,
        ...(signal && { signal }),
      })
      const nodeId = secret.answering(answer.headers[NODE_HEADER], nonce)
      const { statusCode, body: received } = answer
      if (nodeId === target.nodeId && (statusCode === 200 || statusCode === 204))
        return { pieces: () => received.setEncoding('utf8'), dump: () => received.dump(), nonce }
      // Whoever answers may send without end.
      received.on('error', () => {}).destroy()
      if (nodeId === undefined) throw new OtherNodeError('its address answers as no node of this database')
      if (nodeId !== target.nodeId) throw new OtherNodeError('its address reaches another node')
      throw new Error(`it refuses with ${statusCode}`)
    },
    close: () => dispatcher.destroy(),
  }
}
