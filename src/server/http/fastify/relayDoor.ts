import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { MAX_BODY_BYTES } from '../../../protocol/limits.ts'
import { NODE_HEADER, RELAY_PATH, relayRequest } from '../../log/relay/relayRequests.ts'
import { type Asking, digestOf } from '../../log/relay/relaySecret.ts'
import type { RelaySource } from '../../log/relay/relaySource.ts'
import { SocketOutlet } from './socketOutlet.ts'

/**
 * Answers other nodes. A request that proves nothing passes by, and gets what an unknown path gets. What it proves is in
 * the header, so that nothing of it is in an address or in a log.
 */
export function openRelayDoor(server: FastifyInstance, relay: RelaySource): void {
  server.addHook('onRequest', async (request, reply) => {
    if (request.method !== 'POST' || request.url !== RELAY_PATH) return
    const asking = relay.asking(request.headers.authorization)
    if (!asking) return
    reply.hijack()
    await answer(relay, asking, { request: request.raw, response: reply.raw }).catch(() =>
      reply.raw.destroy(),
    )
  })
}

interface Exchange {
  request: IncomingMessage
  response: ServerResponse
}

async function answer(relay: RelaySource, asking: Asking, { request, response }: Exchange): Promise<void> {
  const text = await textOf(request)
  if (digestOf(text) !== asking.digest) throw new Error('the body is not the one that was signed')
  const parsed = relayRequest.safeParse(JSON.parse(text))
  const headers = {
    [NODE_HEADER]: relay.proofFor(asking),
    'content-type': 'application/octet-stream',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  }
  const status = parsed.success ? relay.answer(asking, parsed.data) : 400
  if (status !== 200 || parsed.data?.type !== 'open') return void response.writeHead(status, headers).end()
  const outlet = new SocketOutlet(response, headers)
  outlet.begin({})
  const stream = relay.open(asking, parsed.data, outlet)
  outlet.onClose(() => stream.close())
}

/** Throws if it is too long. */
async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  request.setEncoding('utf8')
  for await (const piece of request) {
    text += piece
    if (text.length > MAX_BODY_BYTES) throw new Error('the body is too long')
  }
  return text
}
