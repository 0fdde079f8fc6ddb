import type { NodeClient } from '../../../../src/server/log/relay/nodeClient.ts'
import type { RelaySource } from '../../../../src/server/log/relay/relaySource.ts'
import type { FakeClock } from '../../../harness/fakeClock.ts'
import type { Random } from '../../../harness/random.ts'
import type { NodeClock } from './nodeClock.ts'

/** A process at an address. */
export interface Peer {
  readonly address: string
  readonly clock: NodeClock
  readonly relay: RelaySource | undefined
}

/** As long as a node waits for an answer, in milliseconds (`relay/nodeClient.ts`). */
const ANSWER_TIMEOUT = 3000

/** The network between nodes. What one sends another comes in order, and late if one of them is cut off meanwhile. */
export class PeerNetwork {
  readonly #clock: FakeClock
  readonly #random: Random
  readonly #peers = new Map<string, Peer>()
  readonly #cut = new Set<string>()
  #held: (() => void)[] = []
  #lastNonce = 0

  constructor(clock: FakeClock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  join(peer: Peer): void {
    this.#peers.set(peer.address, peer)
  }

  leave(peer: Peer): void {
    if (this.#peers.get(peer.address) === peer) this.#peers.delete(peer.address)
  }

  cut(address: string): void {
    this.#cut.add(address)
  }

  heal(address: string): void {
    this.#cut.delete(address)
    for (const work of this.#held.splice(0)) work()
  }

  /** What the node at an address asks others with. */
  clientOf(asking: Omit<Peer, 'relay'>): NodeClient {
    return {
      ask: ({ from, target }, body, signal) => {
        const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<NodeClient['ask']>>>()
        this.#lastNonce += 1
        const nonce = String(this.#lastNonce)
        const timer = asking.clock.schedule(() => reject(new Error('Headers Timeout Error')), ANSWER_TIMEOUT)
        const here = (work: () => void) =>
          this.#carry(target.address, asking.address, () => asking.clock.receive(work))
        const answer = (outcome: () => void) =>
          here(() => {
            asking.clock.cancel(timer)
            outcome()
          })
        signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
        this.#carry(asking.address, target.address, () => {
          const peer = this.#peers.get(target.address)
          if (!peer) return answer(() => reject(new Error('connect ECONNREFUSED')))
          peer.clock.receive(() => {
            const { relay } = peer
            const proof = { from, to: target.nodeId, nonce, digest: '' }
            const status = relay?.answer(proof, body) ?? 503
            if (status !== 200 && status !== 204) return answer(() => reject(new Error(`refused ${status}`)))
            const pieces = new Pieces()
            answer(() => resolve({ pieces: () => pieces, dump: async () => {}, nonce }))
            if (!relay || status !== 200 || body.type !== 'open') return
            const stream = relay.open(proof, body, {
              pending: 0,
              write: piece => here(() => pieces.add(piece)),
              cut: () => here(() => pieces.end()),
            })
            signal?.addEventListener(
              'abort',
              () =>
                this.#carry(asking.address, target.address, () => peer.clock.receive(() => stream.close())),
              { once: true },
            )
          })
        })
        return promise
      },
      close: async () => {},
    }
  }

  #carry(from: string, to: string, work: () => void): void {
    const arrive = () => {
      if (this.#cut.has(from) || this.#cut.has(to)) this.#held.push(arrive)
      else work()
    }
    this.#clock.schedule(arrive, 1 + this.#random.integer(2) / 1000)
  }
}

/** A body that comes piece by piece. */
class Pieces implements AsyncIterable<string> {
  readonly #waiting: string[] = []
  #isEnded = false
  #more = Promise.withResolvers<void>()

  add(piece: string): void {
    this.#waiting.push(piece)
    this.#more.resolve()
  }

  end(): void {
    this.#isEnded = true
    this.#more.resolve()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      while (this.#waiting.length > 0) yield this.#waiting.shift() ?? ''
      if (this.#isEnded) return
      await this.#more.promise
      this.#more = Promise.withResolvers()
    }
  }
}
