import { Agent, createServer, request } from 'node:http'

/** The least that a relay can do: it copies bytes. It knows nothing of them and keeps nothing. */
const upstream = `${process.env['OPENAI_BASE_URL']}/responses`
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })

createServer((incoming, response) => {
  if (incoming.method !== 'POST') return void response.end()
  const { 'content-type': type, 'content-length': length } = incoming.headers
  const headers = { 'content-type': type, 'content-length': length }
  const outgoing = request(upstream, { method: 'POST', agent, headers }, reply => {
    response.writeHead(reply.statusCode ?? 502, { 'content-type': reply.headers['content-type'] })
    reply.pipe(response)
  })
  outgoing.on('error', () => response.destroy())
  response.on('close', () => {
    if (!response.writableFinished) outgoing.destroy()
  })
  incoming.pipe(outgoing)
}).listen(Number(process.env['PORT']), '127.0.0.1')
