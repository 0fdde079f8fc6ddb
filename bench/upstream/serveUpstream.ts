import { type AddressInfo, createServer, type Socket } from 'node:net'
import { now } from '../harness/clock.ts'
import { type Order, orderIn } from '../harness/order.ts'
import { createFrames, type ReplyFrames } from './frames.ts'

/**
 * A fake OpenAI that costs little: bare sockets, no HTTP library, one timer for all replies. It tells its parent
 * process where it listens, and when a client left a reply before its end.
 */
export type UpstreamReport =
  | { type: 'listening'; port: number }
  | { type: 'left'; key: string; at: number; tokens: number }
  /** How many milliseconds later than their pace tokens were written since the last report. */
  | {
      type: 'lag'
      p99: number
      requests: number
      /** For each reply with calls: milliseconds from the last byte of the calls to the request with their results. */
      turns: number[]
    }

interface Reply {
  key: string
  socket: Socket
  frames: ReplyFrames
  written: number
  /** The number of the token at which it ends. */
  tokens: number
  hasCalls: boolean
  pace: number
  nextAt: number
}

/** The most bytes that wait in one socket of a reply without a pace. */
const MAX_BUFFERED = 64 * 1024
const BURST = 16
const HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n'
const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n'

const replies = new Set<Reply>()
/** When the calls of a reply were written, by its key. */
const calledAt = new Map<string, number>()
let lags: number[] = []
let turns: number[] = []
let requests = 0
let timer: NodeJS.Timeout | undefined

const report = (message: UpstreamReport) => void process.send?.(message)

const server = createServer({ noDelay: true }, socket => {
  let input = ''
  let current: Reply | undefined
  socket.setEncoding('latin1')
  socket.on('data', (piece: string) => {
    input += piece
    const headEnd = input.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(input.slice(0, headEnd + 2))?.[1] ?? 0)
    if (input.length < headEnd + 4 + length) return
    const body = input.slice(headEnd + 4, headEnd + 4 + length)
    input = input.slice(headEnd + 4 + length)
    current = begin(socket, body)
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    if (!current || !replies.delete(current)) return
    report({ type: 'left', key: current.key, at: now(), tokens: current.written })
  })
})

function begin(socket: Socket, body: string): Reply | undefined {
  const order = orderIn(body)
  requests++
  if (!order) {
    socket.write(NOT_FOUND)
    return undefined
  }
  const { key, pace, wait } = order
  const step = stepOf(order, body)
  const reply: Reply = { key, socket, pace, ...step, nextAt: now() + wait }
  const { frames } = reply
  socket.write(HEAD + chunk(frames.head()), 'latin1')
  replies.add(reply)
  if (wait === 0) advance(reply, now())
  timer ??= setInterval(tick, 1)
  return reply
}

/** Which tokens this request gets. A reply with calls has two requests: the second one brings the results. */
function stepOf({ key, tokens, calls }: Required<Order>, body: string) {
  if (!calls) return { frames: createFrames(), written: 0, tokens, hasCalls: false }
  const half = tokens >> 1
  const called = calledAt.get(key)
  if (called === undefined || !body.includes('"function_call_output"'))
    return { frames: createFrames(toolsIn(body)), written: 0, tokens: half, hasCalls: true }
  calledAt.delete(key)
  turns.push(now() - called)
  return { frames: createFrames(), written: half, tokens, hasCalls: false }
}

/** The names by which a request offers the tools of `toolServer.ts`. */
function toolsIn(body: string): string[] {
  return [...new Set([...body.matchAll(/"name":"([\w-]*(?:weather|clock))"/g)].map(([, name = '']) => name))]
}

function tick(): void {
  const at = now()
  for (const reply of replies) if (reply.nextAt <= at) advance(reply, at)
  if (replies.size > 0) return
  clearInterval(timer)
  timer = undefined
}

function advance(reply: Reply, at: number): void {
  if (reply.pace === 0) {
    burst(reply)
    return
  }
  while (reply.nextAt <= at && reply.written < reply.tokens) {
    lags.push(at - reply.nextAt)
    reply.socket.write(chunk(reply.frames.delta(reply.written++)), 'latin1')
    reply.nextAt += reply.pace
  }
  if (reply.written >= reply.tokens) finish(reply)
}

function burst(reply: Reply): void {
  if (reply.socket.writableLength > MAX_BUFFERED) return
  let frames = ''
  for (let count = 0; count < BURST && reply.written < reply.tokens; count++) {
    frames += reply.frames.delta(reply.written++)
  }
  reply.socket.write(chunk(frames), 'latin1')
  if (reply.written >= reply.tokens) finish(reply)
}

function finish(reply: Reply): void {
  replies.delete(reply)
  reply.socket.write(`${chunk(reply.frames.tail())}0\r\n\r\n`, 'latin1')
  if (reply.hasCalls) calledAt.set(reply.key, now())
}

/** One chunk of a chunked body. `frames` is latin1, so its length is its number of bytes. */
function chunk(frames: string): string {
  return `${frames.length.toString(16)}\r\n${frames}\r\n`
}

process.on('message', () => {
  const sorted = Float64Array.from(lags).sort()
  report({ type: 'lag', p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0, requests, turns })
  lags = []
  turns = []
  requests = 0
})
process.on('disconnect', () => process.exit(0))

server.listen(0, '127.0.0.1', () =>
  report({ type: 'listening', port: (server.address() as AddressInfo).port }),
)
