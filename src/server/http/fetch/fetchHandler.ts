import findMyWay from 'find-my-way'
import { RiachoError } from '../../../protocol/errors.ts'
import type { HeaderFields } from '../../access/requestFacts.ts'
import { logFault } from '../../logFault.ts'
import { answerRequest } from '../answerRequest.ts'
import type { Api } from '../api.ts'
import { CALLER_LIMITS, LIMITS, methodsOf, type Route } from '../defineRoute.ts'
import { errorAnswer, isFault } from '../errors.ts'
import { localeOfRequest } from '../locale.ts'
import { requireKnownHost, requireSameOrigin } from '../origin.ts'
import { RequestCounts } from '../requestCounts.ts'
import { SECURITY_HEADERS } from '../securityHeaders.ts'
import { FetchFacts, readJson } from './fetchRequest.ts'
import { OpenStreams } from './openStreams.ts'
import { streamResponse } from './streamResponse.ts'
import { addHeaders, wholeResponse } from './wholeResponse.ts'

const OWNER_FACTORS = { ...LIMITS, ...CALLER_LIMITS }

/** Answers a web-standard request. Never throws: what fails is an answer. */
export type FetchHandler = (request: Request) => Promise<Response>

export interface FetchHandlerOptions {
  /** Stands before `/api/` in every path. Empty, or begins with a slash. */
  basePath?: string
  /** The streams that one bound holds for. If absent, those of this handler. */
  streams?: OpenStreams
}

/** The adapter for hosts that speak `Request` and `Response`. */
export function createFetchHandler(
  api: Api,
  { basePath = '', streams = new OpenStreams(api.clock) }: FetchHandlerOptions = {},
): FetchHandler {
  const find = createRouter(api.routes)
  // The host knows the addresses of its clients and this handler does not, so every kind is counted by owner.
  const counts = new RequestCounts({
    perMinute: api.rateLimitPerMinute,
    factors: OWNER_FACTORS,
    clock: api.clock,
  })
  return async request => {
    const facts = new FetchFacts(request, basePath)
    const requestId = api.createId()
    const locale = localeOfRequest(facts)
    const headers = new Headers(SECURITY_HEADERS)
    try {
      const { route, params } = find(facts, headers)
      requireOrigin(facts, api.publicUrls)
      const body = route.method === 'GET' ? undefined : await readJson(request)
      const incoming = {
        facts,
        params,
        query: facts.query,
        body,
        requestId,
        signal: request.signal,
        setHeaders: (fields: HeaderFields) => addHeaders(headers, fields),
      }
      const { answer } = await answerRequest(route, incoming, api.callers, ({ ownerId }) =>
        counts.count(route.limit, ownerId),
      )
      if (answer.type !== 'stream') return wholeResponse(answer, headers, request.method)
      return await streamResponse(answer, { api, streams, headers, locale, signal: request.signal })
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
