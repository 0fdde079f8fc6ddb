import { once } from 'node:events'
import { get } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** How often each port is asked whether its process lives, and how long the answer may take, in milliseconds. */
const ASK_INTERVAL = 1000
/** A port that did not answer so often in a row gets no connection. Those that it has are cut. */
const MAX_SILENT = 2

export interface Balancer extends AsyncDisposable {
  readonly url: string
}

interface Backend {
  readonly port: number
  readonly sockets: Set<Socket>
  silent: number
}

/** Gives each TCP connection to the next of these ports of this machine, whoever it comes from. */
export async function createBalancer(ports: readonly number[]): Promise<Balancer> {
  const backends: Backend[] = ports.map(port => ({ port, sockets: new Set(), silent: 0 }))
  let turn = 0
  const next = () => {
    const living = backends.filter(({ silent }) => silent < MAX_SILENT)
    const candidates = living.length > 0 ? living : backends
    return candidates[turn++ % candidates.length] as Backend
  }
  const pass = (client: Socket, triesLeft: number) => {
    const backend = next()
    const target = connect({ port: backend.port, host: '127.0.0.1', noDelay: true })
    const refused = () => (triesLeft > 0 ? pass(client, triesLeft - 1) : client.destroy())
    target.once('error', refused)
    target.once('connect', () => {
      target.off('error', refused)
      if (client.destroyed) return target.destroy()
      backend.sockets.add(target)
      join(client, target)
      target.once('close', () => backend.sockets.delete(target))
    })
  }
  const clients = new Set<Socket>()
  const server = createServer({ noDelay: true }, client => {
    clients.add(client)
    client.on('error', () => {})
    client.once('close', () => clients.delete(client))
    pass(client, ports.length)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const asking = setInterval(() => {
    for (const backend of backends) void ask(backend)
  }, ASK_INTERVAL)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      clearInterval(asking)
      const closed = once(server, 'close')
      server.close()
      for (const sockets of [clients, ...backends.map(({ sockets }) => sockets)])
        for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

async function ask(backend: Backend): Promise<void> {
  const isAlive = await answers(backend.port)
  backend.silent = isAlive ? 0 : backend.silent + 1
  if (backend.silent >= MAX_SILENT) for (const socket of backend.sockets) socket.destroy()
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const request = get(`http://127.0.0.1:${port}/api/health`, { agent: false, timeout: ASK_INTERVAL })
    request.once('response', response => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.once('timeout', () => request.destroy())
    request.once('error', () => resolve(false))
    request.once('close', () => resolve(false))
  })
}

/** Passes bytes in both directions. A side that breaks off breaks off the other one. */
function join(client: Socket, target: Socket): void {
  client.pipe(target)
  target.pipe(client)
  for (const [from, to] of [
    [client, target],
    [target, client],
  ] as const) {
    from.on('error', () => to.destroy())
    // After an end in order, what is left is still under way.
    from.once('close', () => from.readableEnded || to.destroy())
  }
}
