import { once } from 'node:events'
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request on its way to the server. It is passed on as changed here. */
export interface PassingRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** An answer on its way back. `body` is the body of an answer that is no stream. */
export interface PassingAnswer {
  readonly request: PassingRequest
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** How a server breaks one rule. */
export interface Breakage {
  request?(request: PassingRequest): void
  answer?(answer: PassingAnswer): void
  /** Changes a frame or comment of a stream. `number` counts from 1. */
  frame?(frame: string, number: number): string
  /** Cuts the connection instead of ending a stream. */
  cutsEnd?: true
  /** Holds a stream back until it is complete. */
  buffers?: true
  /** Stops the run when its reader leaves. */
  stopsOnLeave?: true
}

export interface BrokenServer extends AsyncDisposable {
  readonly url: string
}

/** A server that passes everything to the server at `target` and breaks one of its rules. */
export async function createBrokenServer(target: string, breakage: Breakage): Promise<BrokenServer> {
  const server = createServer((incoming, response) => {
    response.shouldKeepAlive = false
    pass({ target, breakage }, incoming, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

interface Passage {
  target: string
  breakage: Breakage
}

async function pass(passage: Passage, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { target, breakage } = passage
  const { method = '', url: path = '', headers } = incoming
  const request: PassingRequest = { method, path, headers, body: await textOf(incoming) }
  breakage.request?.(request)
  const upstream = await ask(target, request)
  response.once('close', () => upstream.destroy())
  const answer = { request, status: upstream.statusCode ?? 0, headers: upstream.headers, body: '' }
  const isStream = String(upstream.headers['content-type']).startsWith('text/event-stream')
  if (!isStream) answer.body = await textOf(upstream)
  breakage.answer?.(answer)
  if (!isStream) delete answer.headers['content-length']
  response.writeHead(answer.status, answer.headers)
  if (isStream) await passStream({ ...passage, request }, upstream, response)
  else response.end(answer.body)
}

async function passStream(
  { target, breakage, request }: Passage & { request: PassingRequest },
  upstream: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { frame: change = (frame: string) => frame } = breakage
  let runId: string | undefined
  response.once('close', () => {
    if (!breakage.stopsOnLeave || response.writableEnded) return
    const { 'content-type': _, ...headers } = request.headers
    const stop = { method: 'POST', path: `/api/chat/runs/${runId}/stop`, headers, body: '' }
    void ask(target, stop).then(stopped => stopped.resume())
  })
  let held = ''
  let rest = ''
  let number = 0
  for await (const chunk of upstream.setEncoding('utf8')) {
    const frames = `${rest}${chunk}`.split('\n\n')
    rest = frames.pop() ?? ''
    const changed = frames.map(frame => change(`${frame}\n\n`, ++number)).join('')
    runId ??= /"runId":"([^"]+)"/.exec(changed)?.[1]
    if (breakage.buffers) held += changed
    else response.write(changed)
  }
  if (breakage.cutsEnd) response.destroy()
  else response.end(held)
}

async function ask(
  target: string,
  { method, path, headers, body }: PassingRequest,
): Promise<IncomingMessage> {
  const { 'content-length': _, 'transfer-encoding': __, ...kept } = headers
  const request = httpRequest(target + path, {
    method,
    agent: false,
    headers: { ...kept, connection: 'close', ...(body && { 'content-length': Buffer.byteLength(body) }) },
  })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of message.setEncoding('utf8')) text += chunk
  return text
}
