import type { Clock } from '../../clock.ts'
import type { StoredLog } from '../storedLog.ts'
import type { RelayRequest } from './relayRequests.ts'
import type { Asking, RelaySecret } from './relaySecret.ts'
import { type RelayOutlet, RelayStream } from './relayStream.ts'

/** The most that may wait for one node, in bytes or UTF-16 units: at 200 runs some seconds of text. */
const MAX_PENDING = 4 * 1024 * 1024

/** What the runs of this node are for the others. */
export interface RelayedRuns {
  log(runId: string): StoredLog | undefined
  stop(runIds: readonly string[]): void
}

export interface RelaySourceOptions {
  secret: RelaySecret
  /** Its `id` is another one after a takeover. */
  node: { readonly id: string; readonly isTrusted: boolean }
  lastBatch: () => number
  clock: Clock
  maxPending?: number
}

/** The answer to another node. Everything but 200 has no body. */
export type RelayStatus = 200 | 204 | 409 | 421 | 503

/** What this node gives to others. It gives nothing while another node may write its runs. */
export class RelaySource {
  readonly #options: RelaySourceOptions
  /** By the requests that opened them. */
  readonly #streams = new Map<string, { from: string; stream: RelayStream }>()
  #runs: RelayedRuns | undefined

  constructor(options: RelaySourceOptions) {
    this.#options = options
  }

  /** From now on it has runs to give. */
  start(runs: RelayedRuns): void {
    this.#runs = runs
  }

  /** Who asks. `undefined` if nobody proved anything: then nothing may show that the path exists. */
  asking(authorization: string | undefined): Asking | undefined {
    return this.#options.secret.asking(authorization)
  }

  /** The header of every answer. */
  proofFor({ nonce }: Asking): string {
    const { secret, node } = this.#options
    return secret.answer(node.id, nonce)
  }

  /** Does what another node asks, but opens no stream: the status 200 says that `open` has to follow. */
  answer(asking: Asking, request: RelayRequest): RelayStatus {
    const { node } = this.#options
    if (asking.to !== node.id) return 421
    if (!node.isTrusted || !this.#runs) return 503
    if (request.type === 'open') return 200
    if (request.type === 'stop') {
      this.#runs.stop(request.runIds)
      return 204
    }
    const { stream } = this.#streams.get(request.stream) ?? {}
    if (!stream) return 409
    stream.leave(request.leaves)
    stream.follow(request.wishes)
    return 204
  }

  /** Opens a stream. The caller closes it once the other node has left. A node has one: an earlier one is broken. */
  open(
    { from, nonce }: Asking,
    { wishes }: Extract<RelayRequest, { type: 'open' }>,
    outlet: RelayOutlet,
  ): RelayStream {
    const { lastBatch, clock, maxPending = MAX_PENDING } = this.#options
    for (const earlier of this.#streams.values()) if (earlier.from === from) earlier.stream.close()
    const stream = new RelayStream({
      outlet,
      logOf: runId => this.#runs?.log(runId),
      lastBatch,
      clock,
      maxPending,
      onClose: () => void this.#streams.delete(nonce),
    })
    this.#streams.set(nonce, { from, stream })
    stream.follow(wishes)
    return stream
  }

  /** Another node may write the runs of this one now. */
  cut(): void {
    for (const { stream } of this.#streams.values()) stream.close()
  }
}
