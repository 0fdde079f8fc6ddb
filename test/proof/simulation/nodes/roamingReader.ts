import { createParser } from 'eventsource-parser'
import type { StreamEvent } from '../../../../src/protocol/events.ts'
import { decodeFrame } from '../../../../src/protocol/sse.ts'
import type { Reader, Subscription } from '../../../../src/server/log/followLog.ts'
import type { FakeClock } from '../../../harness/fakeClock.ts'
import type { Random } from '../../../harness/random.ts'
import { View } from '../../view.ts'
import type { SimulatedNode } from './simulatedNode.ts'

interface RoamingReaderOptions {
  runId: string
  ownerId: string
  clock: FakeClock
  random: Random
  /** The node to which the balancer leads. `undefined` while there is none. */
  nodeOf: () => SimulatedNode | undefined
  onShown(seq: number, event: StreamEvent, node: SimulatedNode): void
}

/** After this long without a word a reader tries another node, in milliseconds. */
const PATIENCE = 20_000

/** Reads one run to its end, at whatever node the balancer gives it. It leaves and comes back as the seed says. */
export class RoamingReader {
  readonly view: View
  readonly #options: RoamingReaderOptions
  #connection = 0
  #heardAt = 0

  constructor(options: RoamingReaderOptions) {
    this.#options = options
    this.view = new View(options.runId)
  }

  join(): void {
    const { clock, random } = this.#options
    if (this.view.end) return
    const connection = ++this.#connection
    const node = this.#options.nodeOf()
    if (!node) {
      this.#later(connection)
      return
    }
    this.#heardAt = clock.monotonic()
    node.clock.receive(() => void this.#follow(node, connection))
    this.#watch(node, connection)
    if (random.chance(0.2)) clock.schedule(() => this.#again(connection), random.integer(20_000))
  }

  async #follow(node: SimulatedNode, connection: number): Promise<void> {
    const { runId, ownerId } = this.#options
    try {
      const place = { runId, after: this.view.lastSeq }
      const subscription = await node.follow?.({ ownerId }, place, this.#reader(node, connection))
      this.#leaveWhenGone(node, connection, subscription)
    } catch {
      this.#later(connection)
    }
  }

  /** The node learns that the reader has left. */
  #leaveWhenGone(node: SimulatedNode, connection: number, subscription: Subscription | undefined): void {
    const look = () => {
      if (connection === this.#connection && !this.view.end) this.#options.clock.schedule(look, 1000)
      else node.clock.receive(() => subscription?.unsubscribe())
    }
    look()
  }

  /** A dead process closes its connections. A silent one is left after a while. */
  #watch(node: SimulatedNode, connection: number): void {
    const { clock } = this.#options
    clock.schedule(() => {
      if (connection !== this.#connection || this.view.end) return
      const isSilent = clock.monotonic() - this.#heardAt > PATIENCE
      if (node.clock.state === 'dead' || isSilent) this.#again(connection)
      else this.#watch(node, connection)
    }, 500)
  }

  #later(connection: number): void {
    const { clock, random } = this.#options
    clock.schedule(() => this.#again(connection), 100 + random.integer(1000))
  }

  #again(connection: number): void {
    if (connection === this.#connection) this.join()
  }

  #reader(node: SimulatedNode, connection: number): Reader {
    const isCurrent = () => connection === this.#connection
    const parser = createParser({
      onEvent: ({ id, event, data }) => {
        const decoded = decodeFrame(event, data)
        if (decoded) this.#apply(Number(id), decoded, node)
      },
    })
    return {
      isFull: false,
      write: frames => {
        if (isCurrent()) parser.feed(frames)
      },
      drained() {},
      end: (seq, end) => {
        if (isCurrent()) this.#apply(seq, { type: 'run-end', ...end }, node)
      },
      cut: () => this.#later(connection),
      alreadyEnded: () => {
        if (isCurrent() && !this.view.end) this.view.violations.push('the end was not seen')
      },
    }
  }

  #apply(seq: number, event: StreamEvent, node: SimulatedNode): void {
    this.#heardAt = this.#options.clock.monotonic()
    if (event.type !== 'run-wait') this.#options.onShown(seq, event, node)
    this.view.apply(seq, event)
  }
}
