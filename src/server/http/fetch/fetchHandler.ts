import findMyWay from 'find-my-way'
import { RiachoError } from '../../../protocol/errors.ts'
import { logFault } from '../../logFault.ts'
import { headersOf, type WholeAnswer } from '../answer.ts'
import { answerRequest } from '../answerRequest.ts'
import type { Api } from '../api.ts'
import { CallerCounts } from '../callerCounts.ts'
import { CALLER_LIMITS, LIMITS, methodsOf, type Route } from '../defineRoute.ts'
import { errorAnswer, isFault } from '../errors.ts'
import { localeOfRequest } from '../locale.ts'
import { requireKnownHost, requireSameOrigin } from '../origin.ts'
import { SECURITY_HEADERS } from '../securityHeaders.ts'
import { FetchFacts, FetchIncoming, queryOf, readJson } from './fetchIncoming.ts'
import { streamResponse } from './streamResponse.ts'

const OWNER_FACTORS = { ...LIMITS, ...CALLER_LIMITS }

/** Answers a web-standard request. Never throws: what fails is an answer. */
export type FetchHandler = (request: Request) => Promise<Response>

/**
 * The adapter for hosts that speak `Request` and `Response`. `basePath` stands before `/api/` in every path, and is
 * empty or begins with a slash.
 */
export function createFetchHandler(api: Api, { basePath = '' }: { basePath?: string } = {}): FetchHandler {
  const find = createRouter(api.routes)
  // The host knows the addresses of its clients and this handler does not, so every kind is counted by owner.
  const counts = new CallerCounts({
    perMinute: api.rateLimitPerMinute,
    factors: OWNER_FACTORS,
    clock: api.clock,
  })
  return async request => {
    const url = new URL(request.url)
    const facts = new FetchFacts(request, url, pathBelow(basePath, url.pathname))
    const requestId = api.createId()
    const locale = localeOfRequest(facts)
    const headers = new Headers(SECURITY_HEADERS)
    try {
      const { route, params } = find(facts, headers)
      requireOrigin(facts, api.publicUrls)
      const body = route.method === 'GET' ? undefined : await readJson(request)
      const parts = { facts, params, query: queryOf(url), body, requestId, signal: request.signal }
      const count = ({ ownerId }: { ownerId: string }) => counts.count(route.limit, ownerId)
      const { answer } = await answerRequest(route, new FetchIncoming(parts, headers), api.callers, count)
      if (answer.type !== 'stream') return wholeResponse(answer, headers, request.method)
      return await streamResponse(answer, { api, headers, locale, signal: request.signal })
    } catch (error) {
      const answer = errorAnswer(error, { locale, requestId })
      if (isFault(answer)) logFault(api.logger, error, { message: 'request failed', reqId: requestId })
      return wholeResponse(answer, headers, request.method)
    }
  }
}

/** Without `publicUrls` any host may be asked, because the app alone knows its names. */
function requireOrigin(facts: FetchFacts, publicUrls: readonly string[]): void {
  if (publicUrls.length > 0) requireKnownHost(facts, { host: 'localhost', publicUrls })
  requireSameOrigin(facts, publicUrls)
}

function pathBelow(basePath: string, path: string): string {
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : path
}

/** Finds the route of a request. Throws `NOT_FOUND`, or `METHOD_NOT_ALLOWED` with the methods of the path in `allow`. */
function createRouter(routes: readonly Route[]) {
  const router = findMyWay()
  for (const [path, known] of Map.groupBy(routes, ({ path }) => path)) {
    const allowed = methodsOf(known)
    for (const route of known) router.on(route.method, path, () => {}, { route })
    router.on('OPTIONS', path, () => {}, { allow: allowed.join(', ') })
  }
  return ({ method, path }: FetchFacts, headers: Headers): { route: Route; params: unknown } => {
    const found = router.find(method === 'HEAD' ? 'GET' : (method as Route['method']), path)
    if (found && 'route' in found.store) return { route: found.store.route, params: found.params }
    const known = router.find('OPTIONS', path)
    if (!known) throw new RiachoError('NOT_FOUND')
    headers.set('allow', known.store.allow)
    throw new RiachoError('METHOD_NOT_ALLOWED')
  }
}

function wholeResponse(answer: WholeAnswer, headersSet: Headers, method: string): Response {
  const headers = new Headers(headersSet)
  for (const [name, value] of Object.entries(headersOf(answer))) headers.set(name, value)
  if (answer.type === 'empty') return new Response(null, { status: 204, headers })
  const { status = 200 } = answer
  if (answer.type === 'json' && !headers.has('content-type'))
    headers.set('content-type', 'application/json; charset=utf-8')
  if (method === 'HEAD') return new Response(null, { status, headers })
  const body = answer.type === 'json' ? JSON.stringify(answer.body) : bodyOf(answer.content)
  return new Response(body, { status, headers })
}

function bodyOf(content: string | AsyncIterable<string | Uint8Array>): string | ReadableStream<Uint8Array> {
  if (typeof content === 'string') return content
  const pieces = encoded(content)
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await pieces.return(undefined)
    },
  })
}

async function* encoded(content: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const piece of content) yield typeof piece === 'string' ? encoder.encode(piece) : piece
}
