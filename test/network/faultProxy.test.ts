import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createFaultProxy, type Faults } from '../harness/faultProxy.ts'

const RESPONSE = 'ação e reação, '.repeat(10)
const BYTES = Buffer.byteLength(RESPONSE)
/** At 1,000 bytes a second the proxy passes 50 bytes, then waits 50 ms. */
const PIECE = 50
/** A timer may fire up to a millisecond early; two leave room for rounding. */
const TIMER_SLACK = 2

/** A server that answers every line with `RESPONSE`, behind a proxy. */
async function setUp(faults: Faults = {}) {
  const sockets: Socket[] = []
  const received: string[] = []
  const server = createServer(socket => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.setEncoding('utf8').on('data', (text: string) => {
      received.push(text)
      socket.write(RESPONSE)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await createFaultProxy((server.address() as AddressInfo).port, faults)
  return {
    proxy,
    sockets,
    received,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Caller extends Disposable {
  socket: Socket
  bytes(): Buffer
  until(count: number): Promise<void>
  /** How the connection closed: `end` is a FIN. */
  closed: Promise<string>
}

function call(port: number): Caller {
  const socket = connect(port, '127.0.0.1')
  let bytes: Buffer = Buffer.alloc(0)
  let how = 'end'
  let wake = () => {}
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    wake()
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    how = error.code ?? ''
  })
  const closed = new Promise<string>(resolve => socket.once('close', () => resolve(how)))
  socket.write('Oi\n')
  return {
    socket,
    bytes: () => bytes,
    closed,
    async until(count) {
      while (bytes.length < count) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
    [Symbol.dispose]: () => socket.destroy(),
  }
}

test('without faults everything passes, and a client that leaves closes the other side', async () => {
  await using link = await setUp()
  using caller = call(link.proxy.port)
  await caller.until(BYTES)
  expect(caller.bytes().toString()).toBe(RESPONSE)
  caller.socket.destroy()
  await (await link.proxy.connection(0)).closed
})

test('a cut after n bytes lets exactly n bytes through', async () => {
  for (const cutBy of ['end', 'reset'] as const) {
    for (const cutAfter of [0, 1, 2, 3, 4, 5, BYTES - 1]) {
      await using link = await setUp({ cutAfter, cutBy })
      using caller = call(link.proxy.port)
      expect(await caller.closed).toBe(cutBy === 'end' ? 'end' : 'ECONNRESET')
      expect(link.proxy.connections[0]?.responseBytes).toBe(cutAfter)
      if (cutBy === 'end') expect(caller.bytes()).toEqual(Buffer.from(RESPONSE).subarray(0, cutAfter))
    }
  }
})

test('a slow link is slow, and a link byte by byte gives the same bytes', async () => {
  await using link = await setUp({ bytesPerSecond: 1000 })
  const started = performance.now()
  using slow = call(link.proxy.port)
  await slow.until(BYTES)
  const piecesWaitedFor = Math.ceil(BYTES / PIECE) - 1
  expect(performance.now() - started).toBeGreaterThan(piecesWaitedFor * (PIECE - TIMER_SLACK))
  link.proxy.set({ writeBytes: 1, latency: 1 })
  using single = call(link.proxy.port)
  await single.until(BYTES)
  expect(single.bytes()).toEqual(slow.bytes())
})

test('a stalled link goes on when it is told to, each connection by itself', async () => {
  await using link = await setUp({ stalls: true })
  using stalled = call(link.proxy.port)
  const connection = await link.proxy.connection(0)
  link.proxy.set({})
  connection.set({ stalls: true })
  using other = call(link.proxy.port)
  await other.until(BYTES)
  expect(stalled.bytes().length).toBe(0)
  connection.set({})
  await stalled.until(BYTES)
})

test('on a half-open link neither side learns that the other has left', async () => {
  await using link = await setUp()
  using caller = call(link.proxy.port)
  await caller.until(BYTES)
  link.proxy.set({ swallows: true })
  link.sockets[0]?.destroy()
  caller.socket.write('Alô?\n')
  using other = call(link.proxy.port)
  await link.proxy.connection(1)
  expect(link.received).toEqual(['Oi\n'])
  expect([caller.socket.readyState, other.bytes().length]).toEqual(['open', 0])
})

test('closing the proxy in the middle of every fault leaves no socket and no timer', async () => {
  const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const all: Faults[] = [{ stalls: true }, { swallows: true }, { bytesPerSecond: 1 }, { latency: 60_000 }]
  for (const faults of all) {
    const before = timers()
    await using link = await setUp(faults)
    using caller = call(link.proxy.port)
    await link.proxy.connection(0)
    if (faults.bytesPerSecond) await caller.until(1)
    await link.proxy[Symbol.asyncDispose]()
    await caller.closed
    expect(timers()).toBe(before)
  }
})
