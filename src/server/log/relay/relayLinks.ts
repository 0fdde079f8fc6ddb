import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import type { NodeClient, RelayTarget } from './nodeClient.ts'
import { type LinkEvents, RelayLink, type RelayProblem } from './relayLink.ts'

export interface RelayLinksOptions {
  client: NodeClient
  /** This node. Its `id` is another one after a takeover. */
  node: { readonly id: string }
  clock: Clock
  logger: Logger
}

/** What happens on a link. Why it closes is logged already. */
export interface LinkHearer extends Omit<LinkEvents, 'onClose'> {
  onClose(): void
}

/** How long after a link has closed the next one is tried, in milliseconds. */
const RETRY = 5000
const LATE_RETRY = 60_000
/** How long after that it is forgotten that a link has closed, in milliseconds. */
const REMEMBERED = 600_000

/** The links to other nodes, one for each node whose runs somebody follows here. */
export class RelayLinks {
  readonly #options: RelayLinksOptions
  readonly #links = new Map<string, RelayLink>()
  /** When a node whose link has closed may be tried again, by `clock.monotonic`. Kept for a while, so that it is logged once. */
  readonly #retries = new Map<string, number>()
  #isClosed = false

  constructor(options: RelayLinksOptions) {
    this.#options = options
  }

  /** The link to a node. `undefined` if it has closed, and it is too early for another one. */
  to(target: RelayTarget, events: LinkHearer): RelayLink | undefined {
    const { nodeId } = target
    const known = this.#links.get(nodeId)
    if (known) return known
    const { clock, node } = this.#options
    if (this.#isClosed || nodeId === node.id || clock.monotonic() < (this.#retries.get(nodeId) ?? 0))
      return undefined
    const link = new RelayLink(
      { ...this.#options, target, from: node.id },
      {
        ...events,
        onClose: (problem, wasOpen) => {
          this.#forget(target, problem, wasOpen)
          events.onClose()
        },
      },
    )
    this.#links.set(nodeId, link)
    return link
  }

  /** Tells a node at once that somebody asked to stop a run of it. If that fails, it reads so in the database. */
  async stop(target: RelayTarget, runId: string): Promise<void> {
    const { client, node } = this.#options
    await client
      .ask({ from: node.id, target }, { type: 'stop', runIds: [runId] })
      .then(answer => answer.dump())
      .catch(() => {})
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const link of this.#links.values()) link.close()
    await this.#options.client.close()
  }

  #forget(target: RelayTarget, problem: RelayProblem | undefined, wasOpen: boolean): void {
    const { clock, logger } = this.#options
    const now = clock.monotonic()
    this.#links.delete(target.nodeId)
    for (const [nodeId, at] of this.#retries) if (at + REMEMBERED < now) this.#retries.delete(nodeId)
    if (this.#isClosed || !problem) return
    const { message, isLasting } = problem
    const isKnown = this.#retries.has(target.nodeId)
    this.#retries.set(target.nodeId, now + (isLasting ? LATE_RETRY : RETRY))
    if (isKnown) return
    // A node that ends closes its links.
    const level = wasOpen ? 'info' : 'warn'
    logger[level]({ ...target }, `no relay from this node, so its replies are polled: ${message}`)
  }
}
