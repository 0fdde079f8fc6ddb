import { parse as parseQuery } from 'node:querystring'
import { parseCookie } from 'cookie'
import { RiachoError } from '../../../protocol/errors.ts'
import { MAX_BODY_BYTES, PIECE_TYPE } from '../../../protocol/limits.ts'
import type { RequestFacts } from '../../access/requestFacts.ts'
import type { Route } from '../defineRoute.ts'
import { readPiece } from '../readPiece.ts'

/** The facts of a web-standard `Request`. The URL of the request is the one that the client used. */
export class FetchFacts implements RequestFacts {
  /** The path below the address at which Riacho is mounted. */
  readonly path: string
  readonly basePath: string
  readonly #request: Request
  readonly #url: URL
  #cookies: RequestFacts['cookies'] | undefined

  /** `basePath`: what stands before that path. */
  constructor(request: Request, basePath: string) {
    this.#request = request
    this.#url = new URL(request.url)
    const { pathname } = this.#url
    this.basePath = basePath
    this.path = pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : pathname
  }

  get method(): string {
    return this.#request.method
  }

  get protocol(): string {
    return this.#url.protocol.slice(0, -1)
  }

  get host(): string {
    return this.header('host') ?? this.#url.host
  }

  get cookies(): RequestFacts['cookies'] {
    this.#cookies ??= parseCookie(this.header('cookie') ?? '')
    return this.#cookies
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined
  }

  /** The query, as an object. A name that comes twice has a list. */
  get query(): unknown {
    return parseQuery(this.#url.search.slice(1))
  }

  webRequest(): Request {
    return this.#request
  }
}

/** Reads a body of the kind that the route takes. Throws `TOO_LARGE` and `INVALID_REQUEST`. */
export async function readBody(request: Request, { bodyKind }: Pick<Route, 'bodyKind'>): Promise<unknown> {
  const isPiece = request.headers.get('content-type') === PIECE_TYPE
  if (bodyKind !== 'piece' || !isPiece) return readJson(request)
  return request.body ? readPiece(request.body) : Buffer.alloc(0)
}

/**
 * Reads a JSON body of at most `MAX_BODY_BYTES`. `undefined` if there is none. Throws `TOO_LARGE`, and
 * `INVALID_REQUEST` for anything but JSON.
 */
async function readJson(request: Request): Promise<unknown> {
  const bytes = await readBytes(request)
  if (bytes.length === 0) return undefined
  if (!/^application\/json *(;|$)/i.test(request.headers.get('content-type') ?? ''))
    throw refused('the content type is not application/json')
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw refused('the body is not JSON')
  }
}

function refused(issue: string): RiachoError {
  return new RiachoError('INVALID_REQUEST', issue, { issues: [`body: ${issue}`] })
}

async function readBytes({ body }: Request): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > MAX_BODY_BYTES) throw new RiachoError('TOO_LARGE')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
