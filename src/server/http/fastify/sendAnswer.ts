import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { headersOf, type StreamAnswer, type WholeAnswer } from '../answer.ts'
import type { Decision } from '../answerRequest.ts'
import { type Api, holdByProofOf } from '../api.ts'
import { EventStream } from '../eventStream.ts'
import type { OpenResponses } from './openResponses.ts'
import { SocketOutlet } from './socketOutlet.ts'

/** The longest text that goes to the socket at once, in bytes. A slow client then takes something now and then. */
const MAX_PIECE = 64 * 1024

export function sendWhole(answer: WholeAnswer, reply: FastifyReply): FastifyReply {
  reply.headers(headersOf(answer))
  if (answer.type === 'empty') return reply.code(204).send()
  reply.code(answer.status ?? 200)
  if (answer.type === 'json') return reply.send(answer.body)
  const { content } = answer
  // A file is a stream already. It is faster without another stream around it.
  const isReady = typeof content === 'string' || content instanceof Readable
  return reply.send(isReady ? content : Readable.from(inPieces(content)))
}

async function* inPieces(content: AsyncIterable<string | Uint8Array>): AsyncGenerator<string | Uint8Array> {
  for await (const piece of content) {
    // Bytes, because a text must not be cut inside a character.
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
    for (let from = 0; from < bytes.length; from += MAX_PIECE) yield bytes.subarray(from, from + MAX_PIECE)
  }
}

interface StreamContext {
  reply: FastifyReply
  decision: Decision
  api: Pick<Api, 'heartbeats' | 'clock' | 'sessions' | 'keys'>
  responses: OpenResponses
}

/** Writes to the raw socket, past Fastify. Throws what `answer` throws, as long as an error can still be answered. */
export async function sendStream(
  answer: StreamAnswer,
  { reply, decision, api, responses }: StreamContext,
): Promise<void> {
  const stream = new EventStream({
    outlet: new SocketOutlet(reply.raw, headersSet(reply)),
    headers: answer.headers,
    locale: decision.locale,
    clock: api.clock,
    onBacklog: () => responses.bound(),
    holdByProof: holdByProofOf(api, decision.caller),
    ...(answer.heartbeats !== false && { heartbeats: api.heartbeats }),
  })
  responses.addBacklog(reply.raw, stream)
  try {
    await answer.follow(stream)
  } catch (error) {
    if (!reply.raw.headersSent) throw error
    reply.request.log.error({ err: error }, 'a stream was cut')
    reply.raw.destroy()
  }
  // From here on the response belongs to the stream.
  reply.hijack()
}

/** The headers set so far, among them the session cookie. Fastify does not send them with a hijacked reply. */
function headersSet(reply: FastifyReply): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value : String(value)
  }
  return headers
}
