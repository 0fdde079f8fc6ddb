import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** What is wrong with a link. All of it can be switched while bytes flow. */
export interface Faults {
  /** How long each chunk is held back, both ways, in milliseconds. */
  latency?: number
  /** How fast the response goes to the client. */
  bytesPerSecond?: number
  /** The response goes to the client in writes of this many bytes. */
  writeBytes?: number
  /** The link is cut once so many bytes of the response have gone to the client. */
  cutAfter?: number
  /** How it is cut: a FIN both ways, or a RST. */
  cutBy?: 'end' | 'reset'
  /** Half-open: bytes of both ways are taken and go nowhere, and neither side learns that the other has gone. */
  swallows?: boolean
  /** The client reads nothing more: nothing of the response is taken from the server. */
  stalls?: boolean
}

export interface FaultyConnection {
  /** Bytes of the response that have gone to the client. */
  readonly responseBytes: number
  /** Resolves when both of its sockets have closed. */
  readonly closed: Promise<void>
  /** Its own faults, on top of those of the proxy, in place of the earlier ones. */
  set(faults: Faults): void
  /** Sends a RST both ways. */
  reset(): void
}

export interface FaultProxy extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** In the order in which they were made; those that have closed stay. */
  readonly connections: readonly FaultyConnection[]
  /** The connection with this index, when it is made. */
  connection(index: number): Promise<FaultyConnection>
  /** The faults of all connections, also of those to come, in place of the earlier ones. */
  set(faults: Faults): void
}

/** Passes TCP connections on to `targetPort` of this machine, with the faults that it is told of. */
export async function createFaultProxy(targetPort: number, faults: Faults = {}): Promise<FaultProxy> {
  const connections: Link[] = []
  const arrivals: PromiseWithResolvers<FaultyConnection>[] = []
  const arrival = (index: number) => {
    arrivals[index] ??= Promise.withResolvers()
    return arrivals[index]
  }
  let common = faults
  const server = createServer({ allowHalfOpen: true, noDelay: true }, client => {
    const link = createLink(client, targetPort, () => common)
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

interface Link extends FaultyConnection {
  /** Looks at the faults again. */
  wake(): void
  destroy(): void
}

function createLink(client: Socket, targetPort: number, common: () => Faults): Link {
  const target = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  const gone = new AbortController()
  const sockets = [client, target]
  const closed = Promise.all(
    sockets.map(socket => new Promise<void>(resolve => socket.once('close', () => resolve()))),
  )
  let own: Faults = {}
  let changed = Promise.withResolvers<void>()
  let responseBytes = 0

  const faults = () => ({ ...common(), ...own })
  const destroy = () => {
    gone.abort()
    changed.resolve()
    for (const socket of sockets) socket.destroy()
  }
  const wake = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  for (const socket of sockets) {
    socket.on('error', () => {
      if (!faults().swallows) reset()
    })
    socket.once('close', () => {
      if (!faults().swallows) destroy()
    })
  }

  /** Holds on while the client reads nothing. */
  async function flowing(): Promise<void> {
    while (faults().stalls && !gone.signal.aborted) await changed.promise
  }

  async function respond(chunk: Buffer): Promise<void> {
    let rest = chunk
    while (rest.length > 0 && !client.destroyed) {
      await flowing()
      const {
        bytesPerSecond = 0,
        writeBytes,
        cutAfter = Number.POSITIVE_INFINITY,
        cutBy,
        swallows,
      } = faults()
      if (swallows) return
      const size = writeBytes ?? (bytesPerSecond > 0 ? Math.ceil(bytesPerSecond / 20) : rest.length)
      const bytes = rest.subarray(0, Math.max(0, Math.min(size, cutAfter - responseBytes)))
      await write(client, bytes)
      responseBytes += bytes.length
      rest = rest.subarray(bytes.length)
      if (responseBytes >= cutAfter) {
        if (cutBy === 'reset') reset()
        else destroy()
        return
      }
      if (bytesPerSecond > 0) await delay((1000 * bytes.length) / bytesPerSecond, undefined, gone)
    }
  }

  function reset(): void {
    for (const socket of sockets) socket.resetAndDestroy()
    destroy()
  }

  async function pass(from: Socket, to: Socket, send: (chunk: Buffer) => Promise<void>): Promise<void> {
    const read = readerOf(from)
    for (;;) {
      if (to === client) await flowing()
      const chunk = await read()
      if (faults().latency) await delay(faults().latency, undefined, gone)
      if (chunk) await send(chunk)
      else break
    }
    if (from.readableEnded && !faults().swallows) to.end()
  }

  const request = async (chunk: Buffer) => {
    if (!faults().swallows) await write(target, chunk)
  }
  // A pause that is broken off by the end of the link rejects.
  pass(client, target, request).catch(() => {})
  pass(target, client, respond).catch(() => {})

  return {
    get responseBytes() {
      return responseBytes
    },
    closed: closed.then(() => {}),
    set(next) {
      own = next
      wake()
    },
    reset,
    wake,
    destroy,
  }
}

/** Gives what comes from a socket, chunk by chunk, only when asked; `undefined` when nothing more will come. */
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

/** Resolves when the bytes are with the kernel, or when there is nobody left to take them. */
function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise(resolve => {
    if (bytes.length === 0 || !socket.writable) resolve()
    else socket.write(bytes, () => resolve())
  })
}
