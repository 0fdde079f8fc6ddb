import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createParser } from 'eventsource-parser'

/** The least that a relay with a protocol of its own can do: it parses each event and writes each token. */
const upstream = `${process.env['OPENAI_BASE_URL']}/responses`
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })

createServer((incoming, response) => {
  if (incoming.method !== 'POST') return void response.end()
  let body = ''
  incoming.setEncoding('utf8')
  incoming.on('data', piece => {
    body += piece
  })
  incoming.on('end', () => relay((JSON.parse(body) as { content: string }).content, response))
}).listen(Number(process.env['PORT']), '127.0.0.1')

function relay(content: string, response: ServerResponse): void {
  const body = JSON.stringify({ model: 'bench', input: content, stream: true })
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const outgoing = request(upstream, { method: 'POST', agent, headers }, reply => pass(reply, response))
  outgoing.on('error', () => response.destroy())
  response.on('close', () => {
    if (!response.writableFinished) outgoing.destroy()
  })
  outgoing.end(body)
}

function pass(reply: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  const parser = createParser({
    onEvent({ data }) {
      const event = JSON.parse(data) as { type: string; delta?: string }
      if (event.type === 'response.output_text.delta') {
        response.write(`data: ${JSON.stringify({ content: event.delta })}\n\n`)
      }
    },
  })
  reply.setEncoding('utf8')
  reply.on('data', (piece: string) => parser.feed(piece))
  reply.on('end', () => response.end('event: end\ndata: {}\n\n'))
}
