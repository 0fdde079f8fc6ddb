import { parseCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HeaderFields, RequestFacts } from '../../access/requestFacts.ts'
import type { Incoming } from '../answerRequest.ts'

/** The facts of a request that Fastify took. A class, because an object literal with getters costs more to make. */
export class FastifyFacts implements RequestFacts {
  readonly basePath = ''
  readonly #request: FastifyRequest
  #cookies: RequestFacts['cookies'] | undefined

  constructor(request: FastifyRequest) {
    this.#request = request
  }

  get method(): string {
    return this.#request.method
  }

  get path(): string {
    return this.#request.url.split('?', 1)[0] ?? ''
  }

  get protocol(): string {
    return this.#request.protocol
  }

  get host(): string {
    return this.#request.host
  }

  get address(): string {
    return this.#request.ip
  }

  get cookies(): RequestFacts['cookies'] {
    this.#cookies ??= parseCookie(this.#request.headers.cookie ?? '')
    return this.#cookies
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name]
    return typeof value === 'string' ? value : undefined
  }

  webRequest(): Request {
    const { method, url, headers } = this.#request
    const fields = Object.entries(headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((each): [string, string] => [name, each]),
    )
    return new Request(new URL(url, `${this.protocol}://${this.host}`), { method, headers: fields })
  }
}

export class FastifyIncoming implements Incoming {
  readonly facts: RequestFacts
  readonly #request: FastifyRequest
  readonly #reply: FastifyReply
  #abort: AbortController | undefined

  constructor(request: FastifyRequest, reply: FastifyReply) {
    this.facts = new FastifyFacts(request)
    this.#request = request
    this.#reply = reply
  }

  get params(): unknown {
    return this.#request.params
  }

  get query(): unknown {
    return this.#request.query
  }

  get body(): unknown {
    return this.#request.body
  }

  get requestId(): string {
    return this.#request.id
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      const abort = new AbortController()
      // `close` of the response, because a request closes as soon as its body is read.
      if (this.#reply.raw.destroyed) abort.abort()
      else this.#reply.raw.once('close', () => abort.abort())
      this.#abort = abort
    }
    return this.#abort.signal
  }

  setHeaders(headers: HeaderFields): void {
    this.#reply.headers(headers)
  }
}
