import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'

/** What is wrong with a link. A test can change it while bytes flow. */
export interface Faults {
  /** How long each chunk waits, in both directions, in milliseconds. */
  latency?: number
  /** How fast the response reaches the client. */
  bytesPerSecond?: number
  /** The response reaches the client in writes of this many bytes. */
  writeBytes?: number
  /** The link is cut once this many bytes of the response have reached the client. */
  cutAfter?: number
  /** The link is cut once this many bytes of the request have reached the server. */
  cutAfterSent?: number
  /** How it is cut: by a FIN or a RST, in both directions. */
  cutBy?: 'end' | 'reset'
  /**
   * Half-open: the proxy takes bytes in both directions and drops them. Neither side learns that the other has left.
   */
  swallows?: boolean
  /** The client reads nothing more, so the proxy takes nothing more of the response from the server. */
  stalls?: boolean
}

export interface FaultyConnection {
  /** Bytes of the response that have reached the client. */
  readonly responseBytes: number
  /** Resolves when both of its sockets have closed. */
  readonly closed: Promise<void>
  /** Sets the faults of this connection. They replace its earlier ones and add to those of the proxy. */
  set(faults: Faults): void
  /** Sends a RST in both directions. */
  reset(): void
}

export interface FaultProxy extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** All connections in the order in which they were made, including closed ones. */
  readonly connections: readonly FaultyConnection[]
  /** Resolves with the connection of this index when it is made. */
  connection(index: number): Promise<FaultyConnection>
  /** Sets the faults of all connections, including later ones. They replace the earlier ones. */
  set(faults: Faults): void
}

/** Passes TCP connections to `targetPort` of this machine, with the given faults. */
export async function createFaultProxy(targetPort: number, faults: Faults = {}): Promise<FaultProxy> {
  const connections: Link[] = []
  const arrivals: PromiseWithResolvers<FaultyConnection>[] = []
  const arrival = (index: number) => {
    arrivals[index] ??= Promise.withResolvers()
    return arrivals[index]
  }
  let common = faults
  const server = createServer({ allowHalfOpen: true, noDelay: true }, client => {
    const target = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const link = new Link(client, target, () => common)
    arrival(connections.push(link) - 1).resolve(link)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    connections,
    connection: index => arrival(index).promise,
    set(next) {
      common = next
      for (const link of connections) link.wake()
    },
    async [Symbol.asyncDispose]() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      for (const link of connections) link.destroy()
      await Promise.all([closed, ...connections.map(link => link.closed)])
    },
  }
}

class Link implements FaultyConnection {
  responseBytes = 0
  #requestBytes = 0
  readonly closed: Promise<void>
  readonly #client: Socket
  readonly #target: Socket
  readonly #common: () => Faults
  readonly #gone = new AbortController()
  #own: Faults = {}
  #changed = Promise.withResolvers<void>()

  constructor(client: Socket, target: Socket, common: () => Faults) {
    this.#client = client
    this.#target = target
    this.#common = common
    const closings = [client, target].map(
      socket => new Promise<void>(resolve => socket.once('close', () => resolve())),
    )
    this.closed = Promise.all(closings).then(() => {})
    for (const socket of [client, target]) {
      socket.on('error', () => this.#faults.swallows || this.reset())
      socket.once('close', () => this.#faults.swallows || this.destroy())
    }
    // A pause rejects if the link ends during it.
    this.#pass(client, target).catch(() => {})
    this.#pass(target, client).catch(() => {})
  }

  set(faults: Faults): void {
    this.#own = faults
    this.wake()
  }

  /** Makes the connection read its faults again. */
  wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  reset(): void {
    // Node never closes a socket that is reset in the turn in which it was ended (EINVAL).
    for (const socket of [this.#client, this.#target]) if (!socket.writableEnded) socket.resetAndDestroy()
    this.destroy()
  }

  destroy(): void {
    this.#gone.abort()
    this.#changed.resolve()
    this.#client.destroy()
    this.#target.destroy()
  }

  get #faults(): Faults {
    return { ...this.#common(), ...this.#own }
  }

  async #pass(from: Socket, to: Socket): Promise<void> {
    const read = readerOf(from)
    for (;;) {
      if (to === this.#client) await this.#flowing()
      const chunk = await read()
      if (this.#faults.latency) await delay(this.#faults.latency, undefined, this.#gone)
      if (!chunk) break
      if (to === this.#client) await this.#respond(chunk)
      else if (!this.#faults.swallows) await this.#request(chunk)
    }
    if (from.readableEnded && !this.#faults.swallows) to.end()
  }

  async #request(chunk: Buffer): Promise<void> {
    const { cutAfterSent = Number.POSITIVE_INFINITY, cutBy } = this.#faults
    const bytes = chunk.subarray(0, Math.max(0, cutAfterSent - this.#requestBytes))
    await write(this.#target, bytes)
    this.#requestBytes += bytes.length
    if (this.#requestBytes >= cutAfterSent) await this.#cut(cutBy)
  }

  async #cut(by: Faults['cutBy']): Promise<void> {
    if (by === 'reset') return this.reset()
    // What was written reaches the server first.
    await new Promise<void>(resolve => this.#target.end(() => resolve()))
    this.#client.destroy()
  }

  /** Waits while the client reads nothing. */
  async #flowing(): Promise<void> {
    while (this.#faults.stalls && !this.#gone.signal.aborted) await this.#changed.promise
  }

  async #respond(chunk: Buffer): Promise<void> {
    let rest = chunk
    while (rest.length > 0 && !this.#client.destroyed) {
      await this.#flowing()
      const {
        bytesPerSecond,
        writeBytes,
        cutAfter = Number.POSITIVE_INFINITY,
        cutBy,
        swallows,
      } = this.#faults
      if (swallows) return
      const size = writeBytes ?? (bytesPerSecond ? Math.ceil(bytesPerSecond / 20) : rest.length)
      const bytes = rest.subarray(0, Math.max(0, Math.min(size, cutAfter - this.responseBytes)))
      await write(this.#client, bytes)
      this.responseBytes += bytes.length
      rest = rest.subarray(bytes.length)
      if (this.responseBytes >= cutAfter) return cutBy === 'reset' ? this.reset() : this.destroy()
      // Otherwise a receiver in this process would find all of them at once.
      if (writeBytes) await nextTurn()
      if (bytesPerSecond) await delay((1000 * bytes.length) / bytesPerSecond, undefined, this.#gone)
    }
  }
}

/**
 * Makes a function that reads one chunk from a socket when asked. It resolves with `undefined` if nothing more will
 * come.
 */
function readerOf(socket: Socket): () => Promise<Buffer | undefined> {
  let wake = () => {}
  for (const event of ['readable', 'end', 'close']) socket.on(event, () => wake())
  return async () => {
    for (;;) {
      const chunk: Buffer | null = socket.read()
      if (chunk) return chunk
      if (socket.readableEnded || socket.destroyed) return undefined
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  }
}

/** Resolves when the kernel has the bytes, or when nobody is left to take them. */
function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise(resolve => {
    if (bytes.length === 0 || !socket.writable) resolve()
    else socket.write(bytes, () => resolve())
  })
}
