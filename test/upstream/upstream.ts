import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type BackgroundResponse,
  type BackgroundResponses,
  createBackgroundResponses,
  isAboutBackground,
} from './backgroundResponses.ts'
import { HEARTBEATS, planOf } from './frames.ts'
import { createGate, type Gate } from './gate.ts'
import { type Api, type Reply, SCENARIOS, type Scenario } from './reply.ts'
import { beginStream, createSender, createWriter, isEnded, reset, respond } from './wire.ts'

export type { BackgroundResponse } from './backgroundResponses.ts'
export type { Gate } from './gate.ts'
export { type Api, countedTokens, type Reply, SCENARIOS, type Scenario, tokensOf } from './reply.ts'

export interface UpstreamBody {
  readonly model?: string
  /** With responses. */
  readonly input?: readonly unknown[]
  /** With chat. */
  readonly messages?: readonly unknown[]
  readonly [field: string]: unknown
}

export interface UpstreamRequest {
  readonly api: Api
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: UpstreamBody
  /** Two requests on one socket have the same port. */
  readonly clientPort: number
  /**
   * Resolves when the exchange is over. `upstream`: the upstream ended it. `client`: the client closed its socket
   * before.
   */
  readonly closed: Promise<'upstream' | 'client'>
  /** Whether `closed` has resolved. */
  readonly isClosed: boolean
}

/** The answer: a reply, the name of a scenario, or a function that makes either from the request. */
export type Answer = Reply | Scenario | ((request: UpstreamRequest) => Reply | Scenario)

export interface Upstream extends AsyncDisposable {
  /** The base URL for the provider, `http://127.0.0.1:<port>/v1`. */
  readonly url: string
  /** Every request for a reply so far, in order of arrival. */
  readonly requests: readonly UpstreamRequest[]
  /** Every background response so far, in the order of their requests. */
  readonly background: readonly BackgroundResponse[]
  /** Sets the answer to all requests from the next one on. */
  reply(answer: Answer): void
  /** Sets the answer to the next request alone. Calls queue up. */
  replyOnce(answer: Answer): void
  /** Answers the next request, step by step, as the returned gate says. */
  hold(reply?: Reply): Gate
  /** Resolves with request number `index` (from 0), now or when it arrives. */
  request(index: number): Promise<UpstreamRequest>
  /** Waits until no request is open, then starts anew. */
  forget(): Promise<void>
  /** Closes the port and every socket. */
  close(): Promise<void>
}

export interface UpstreamOptions {
  /** If absent, any free port of 127.0.0.1. */
  port?: number
  /** The endpoints that exist. The other one answers 404. */
  apis?: readonly Api[]
  /**
   * Lets a client use a socket again. By default each socket closes with its reply, so that a test leaves none open.
   */
  keepAlive?: boolean
}

const NO_ENDPOINT: Reply = { status: 404, body: { detail: 'Not Found' } }
const MODEL = { id: 'test-model', object: 'model', created: 0, owned_by: 'test' }
const MODELS: Reply = { status: 200, body: { object: 'list', data: [MODEL] } }

/** Starts a scripted OpenAI server for tests. Without a script it answers every request with the `normal` scenario. */
export async function createUpstream(options: UpstreamOptions = {}): Promise<Upstream> {
  const apis = options.apis ?? ['responses', 'chat']
  const inbox = createInbox()
  const script = createScript()
  const backgroundResponses = createBackgroundResponses()

  const server = createServer((incoming, response) => {
    if (!options.keepAlive) response.shouldKeepAlive = false
    void serve(incoming, response)
  })

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = incoming.url ?? ''
    if (apis.includes('responses') && isAboutBackground(url))
      return backgroundResponses.answer(incoming, response)
    if (incoming.method === 'GET') return respond(response, isAboutModels(url) ? MODELS : NO_ENDPOINT)
    const body = await bodyOf(incoming)
    if (body === undefined) return
    const api = apiOf(url)
    if (!api) return respond(response, NO_ENDPOINT)
    const request = received({ incoming, response, api, body })
    inbox.add(request)
    if (!apis.includes(api)) return respond(response, NO_ENDPOINT)
    await play(script.next(request), { request, response, backgroundResponses })
  }

  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const close = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    backgroundResponses.close()
    server.close()
    server.closeAllConnections()
    await closed
  }

  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests: inbox.requests,
    background: backgroundResponses.responses,
    reply: script.reply,
    replyOnce: script.replyOnce,
    hold: script.hold,
    request: inbox.wait,
    async forget() {
      await Promise.all(inbox.requests.map(({ closed }) => closed))
      inbox.clear()
      backgroundResponses.clear()
      script.clear()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** The replies to give: those queued for one request each, and one for every request after them. */
function createScript() {
  const queue: Answer[] = []
  let standing: Answer = 'normal'
  return {
    reply(answer: Answer) {
      standing = answer
    },
    replyOnce(answer: Answer) {
      queue.push(answer)
    },
    hold(reply: Reply = {}): Gate {
      const gate = createGate()
      queue.push({ ...reply, gate })
      return gate
    },
    next(request: UpstreamRequest): Reply {
      const answer = queue.shift() ?? standing
      const chosen = typeof answer === 'function' ? answer(request) : answer
      return typeof chosen === 'string' ? SCENARIOS[chosen] : chosen
    },
    clear() {
      queue.length = 0
      standing = 'normal'
    },
  }
}

function createInbox() {
  const requests: UpstreamRequest[] = []
  const arrivals = new Map<number, PromiseWithResolvers<UpstreamRequest>>()
  const arrivalOf = (index: number) => {
    const arrival = arrivals.get(index) ?? Promise.withResolvers<UpstreamRequest>()
    arrivals.set(index, arrival)
    return arrival
  }
  return {
    requests,
    add: (request: UpstreamRequest) => arrivalOf(requests.push(request) - 1).resolve(request),
    wait: (index: number) => arrivalOf(index).promise,
    clear() {
      requests.length = 0
      arrivals.clear()
    },
  }
}

function isAboutModels(url: string): boolean {
  return url.split('?')[0]?.endsWith('/models') === true
}

function apiOf(url: string): Api | undefined {
  const path = url.split('?')[0] ?? ''
  if (path.endsWith('/chat/completions')) return 'chat'
  return path.endsWith('/responses') ? 'responses' : undefined
}

async function bodyOf(incoming: IncomingMessage): Promise<UpstreamBody | undefined> {
  let text = ''
  try {
    for await (const chunk of incoming.setEncoding('utf8')) text += chunk
    return JSON.parse(text)
  } catch {
    incoming.destroy()
    return undefined
  }
}

function received(exchange: {
  incoming: IncomingMessage
  response: ServerResponse
  api: Api
  body: UpstreamBody
}): UpstreamRequest {
  const { incoming, response, api, body } = exchange
  let isClosed = false
  const closed = new Promise<'upstream' | 'client'>(resolve => {
    response.once('close', () => {
      isClosed = true
      resolve(isEnded(response) ? 'upstream' : 'client')
    })
  })
  return {
    api,
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    body,
    clientPort: incoming.socket.remotePort ?? 0,
    closed,
    get isClosed() {
      return isClosed
    },
  }
}

interface Exchange {
  request: UpstreamRequest
  response: ServerResponse
  backgroundResponses: BackgroundResponses
}

async function play(reply: Reply, { request, response, backgroundResponses }: Exchange): Promise<void> {
  const isStream = reply.status === undefined && !reply.silent && !reply.chunks
  if (isStream && request.api === 'responses' && request.body['background'] === true) {
    return backgroundResponses.begin(reply, request.body.model ?? '', response)
  }
  const gone = new AbortController()
  response.once('close', () => {
    gone.abort()
    reply.gate?.end()
  })
  if (reply.status !== undefined) return respond(response, reply)
  if (!reply.silent) await stream(reply, request, response)
  if (gone.signal.aborted) return

  const { ending } = reply
  if (ending === 'reset') return reset(response)
  if (ending !== 'hang' && ending !== 'linger') {
    response.end()
    return
  }
  while (reply.heartbeatMs !== undefined) {
    await delay(reply.heartbeatMs, undefined, { signal: gone.signal }).catch(() => {})
    if (gone.signal.aborted) return
    response.write(HEARTBEATS[request.api])
  }
}

/** Writes the stream of the reply, by its pace and its gate, until its end or until the client has left. */
async function stream(reply: Reply, request: UpstreamRequest, response: ServerResponse): Promise<void> {
  beginStream(response, reply)
  if (reply.chunks) {
    const write = createWriter(response)
    for (const chunk of reply.chunks) await write(chunk)
    return
  }
  const plan = planOf(reply, request.api, request.body.model ?? '')
  const send = createSender(response, reply)
  await send(plan.head)
  for (const step of [...plan.steps, plan.last]) {
    if (reply.delayMs) await delay(reply.delayMs)
    await reply.gate?.pass()
    if (request.isClosed) return
    await send(step)
    reply.gate?.passed()
  }
  reply.gate?.end()
}
