import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StreamEvent } from '../../protocol/events.ts'
import { encodeData, encodeFrame, HEARTBEAT } from '../../protocol/sse.ts'

/** One request, and the ways to answer it. */
export interface Call {
  /** Method and path: `POST /api/chat/send`. */
  name: string
  headers: IncomingHttpHeaders
  /** What was sent as JSON, or else the bytes. */
  body: unknown
  response: ServerResponse
  json(status: number, body: unknown, headers?: Record<string, string>): void
  refuse(status: number, code: string, headers?: Record<string, string>): void
  /** Begins an event stream, with the heartbeat every stream begins with. */
  stream(): EventWriter
}

export interface EventWriter {
  /** Writes events as one piece; the first one is number `firstSeq`. */
  write(firstSeq: number, events: readonly StreamEvent[]): EventWriter
  raw(text: string): EventWriter
  end(): void
  /** Cuts the connection, once everything written is on its way. */
  cut(): void
}

export interface ScriptedServer extends AsyncDisposable {
  calls: Call[]
  fetch(path: string, init: RequestInit): Promise<Response>
}

/** A real HTTP server on a free loopback port that answers as `script` says. */
export async function startScriptedServer(script: (call: Call) => void): Promise<ScriptedServer> {
  const calls: Call[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    const isJson = request.headers['content-type'] === 'application/json'
    const call = createCall(response, {
      name: `${request.method} ${request.url}`,
      headers: request.headers,
      body: isJson ? JSON.parse(bytes.toString()) : bytes,
    })
    calls.push(call)
    script(call)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    calls,
    fetch: (path, init) => fetch(origin + path, init),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function createCall(response: ServerResponse, request: Pick<Call, 'name' | 'headers' | 'body'>): Call {
  const json: Call['json'] = (status, body, headers) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
  return {
    ...request,
    response,
    json,
    refuse: (status, code, headers) => {
      json(status, { success: false, code, message: code, requestId: 'test' }, headers)
    },
    stream: () => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
      response.write(HEARTBEAT)
      return createWriter(response)
    },
  }
}

function createWriter(response: ServerResponse): EventWriter {
  const writer: EventWriter = {
    write: (firstSeq, events) => {
      const frames = events.map((event, index) =>
        encodeFrame(firstSeq + index, event.type, encodeData(event)),
      )
      response.write(frames.join(''))
      return writer
    },
    raw: text => {
      response.write(text)
      return writer
    },
    end: () => response.end(),
    cut: () => response.write('', () => response.destroy()),
  }
  return writer
}
