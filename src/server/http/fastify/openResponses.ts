import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { RiachoError } from '../../../protocol/errors.ts'
import type { Clock, Timer } from '../../clock.ts'
import { boundTogether, MAX_WAITING } from '../boundTogether.ts'

/** A client that takes nothing of what waits for it for this long, in milliseconds, has left. */
const STUCK_AFTER = 30_000
/** How often the responses are looked at, in milliseconds. */
const INTERVAL = 5000
/** The most requests of one connection that wait for their answers. Browsers have one. */
const MAX_PIPELINED = 16

/** What waits for a client besides what its response holds. */
export interface Backlog {
  /** UTF-16 units. */
  readonly waitingLength: number
}

interface Entry {
  backlog: Backlog | undefined
  /** Bytes that the system had taken when it last took some, and when that was. */
  taken: number
  since: number
}

/** All responses that have not ended. It bounds what clients that do not read may cost, one by one and together. */
export class OpenResponses {
  readonly #clock: Clock
  readonly #mostWaiting: number
  readonly #entries = new Map<ServerResponse, Entry>()
  readonly #counts = new Map<Socket, number>()
  #timer: Timer | undefined

  /** `mostWaiting`: the most bytes that wait for all clients together. */
  constructor(clock: Clock, mostWaiting: number = MAX_WAITING) {
    this.#clock = clock
    this.#mostWaiting = mostWaiting
  }

  /** Looks at the responses now and then, until `stop`. */
  start(): void {
    this.#timer = this.#clock.schedule(() => this.#look(), INTERVAL)
  }

  stop(): void {
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer)
  }

  /** Throws `RATE_LIMITED` if too many requests of the connection wait for their answers. */
  add(response: ServerResponse, socket: Socket): void {
    const count = this.#counts.get(socket) ?? 0
    if (count >= MAX_PIPELINED)
      throw new RiachoError('RATE_LIMITED', 'too many requests on one connection', { retryAfter: 1 })
    this.#counts.set(socket, count + 1)
    this.#entries.set(response, { backlog: undefined, taken: 0, since: this.#clock.monotonic() })
    response.once('close', () => this.#remove(response, socket))
  }

  /** Counts what waits for a stream, too. */
  addBacklog(response: ServerResponse, backlog: Backlog): void {
    const entry = this.#entries.get(response)
    if (entry) entry.backlog = backlog
  }

  /** Cuts the clients furthest behind while more waits for all clients together than may. */
  bound(): void {
    const clients = [...this.#entries].map(([response, { backlog }]) => ({
      waiting: response.writableLength + (backlog?.waitingLength ?? 0),
      cut: () => response.destroy(),
    }))
    boundTogether(clients, this.#mostWaiting)
  }

  #remove(response: ServerResponse, socket: Socket): void {
    this.#entries.delete(response)
    const count = (this.#counts.get(socket) ?? 1) - 1
    if (count > 0) this.#counts.set(socket, count)
    else this.#counts.delete(socket)
  }

  #look(): void {
    this.start()
    const now = this.#clock.monotonic()
    for (const [response, entry] of this.#entries) {
      // A response without a socket waits behind another one of its connection.
      const waits = response.writableLength > 0 && response.socket
      const taken = waits ? response.socket.bytesWritten - response.writableLength : -1
      if (!waits || taken !== entry.taken) Object.assign(entry, { taken, since: now })
      else if (now - entry.since >= STUCK_AFTER) response.destroy()
    }
    this.bound()
  }
}
