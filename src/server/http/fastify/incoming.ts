import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RequestFacts } from '../../access/requestFacts.ts'
import type { Incoming } from '../answerRequest.ts'

/** What there is to know of a request that Fastify took. */
export function factsOf(request: FastifyRequest): RequestFacts {
  return {
    method: request.method,
    path: request.url.split('?', 1)[0] ?? '',
    get protocol() {
      return request.protocol
    },
    get host() {
      return request.host
    },
    // Absent where Fastify refused the request before its cookies were read.
    cookies: request.cookies ?? {},
    header(name) {
      const value = request.headers[name]
      return typeof value === 'string' ? value : undefined
    },
  }
}

export function incomingOf(request: FastifyRequest, reply: FastifyReply): Incoming {
  const { params, query, body } = request
  let abort: AbortController | undefined
  return {
    facts: factsOf(request),
    params,
    query,
    body,
    requestId: request.id,
    // Of the response: a request closes as soon as its body is read.
    get signal() {
      if (abort) return abort.signal
      const controller = new AbortController()
      abort = controller
      if (reply.raw.destroyed) controller.abort()
      else reply.raw.once('close', () => controller.abort())
      return controller.signal
    },
    setHeaders: headers => void reply.headers(headers),
  }
}
