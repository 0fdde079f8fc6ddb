import findMyWay from 'find-my-way'
import { RiachoError } from '../../../protocol/errors.ts'
import type { HeaderFields } from '../../access/requestFacts.ts'
import { logFault } from '../../logFault.ts'
import { answerRequest, decideCaller } from '../answerRequest.ts'
import type { Api } from '../api.ts'
import { corsHeaders, preflightHeaders } from '../cors.ts'
import { CALLER_LIMITS, LIMITS, methodsOf, type Route } from '../defineRoute.ts'
import { errorAnswer, isFault } from '../errors.ts'
import { localeOfRequest } from '../locale.ts'
import { type KnownOrigins, requireKnownHost, requireOrigin } from '../origin.ts'
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
    const headers = new Headers({ ...SECURITY_HEADERS, ...corsHeaders(facts, api.corsOrigins) })
    try {
      const { route, params, methods } = find(facts)
      const preflight = preflightHeaders(facts, { origins: api.corsOrigins, methods })
      if (preflight) {
        addHeaders(headers, preflight)
        return wholeResponse({ type: 'empty' }, headers, request.method)
      }
      if (!route) {
        headers.set('allow', methods.join(', '))
        throw new RiachoError('METHOD_NOT_ALLOWED')
      }
      requireHostAndOrigin(facts, api)
      const decision = await decideCaller(route, facts, api.callers)
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
      const answer = await answerRequest(route, incoming, {
        decision,
        callers: api.callers,
        onCaller: ({ ownerId }) => counts.count(route.limit, ownerId),
      })
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
function requireHostAndOrigin(facts: FetchFacts, origins: KnownOrigins): void {
  const { publicUrls } = origins
  if (publicUrls.length > 0) requireKnownHost(facts, { host: 'localhost', publicUrls })
  requireOrigin(facts, origins)
}

interface Found {
  /** Absent if the path has no such method. */
  route?: Route
  params?: unknown
  /** The methods that the path has. */
  methods: readonly string[]
}

/** Finds the route of a request. Throws `NOT_FOUND` for an unknown path, and `INVALID_REQUEST` for one that is none. */
function createRouter(routes: readonly Route[]): (facts: FetchFacts) => Found {
  const router = findMyWay({ onBadUrl: refusePath, onMaxParamLength: refusePath })
  for (const [path, known] of Map.groupBy(routes, ({ path }) => path)) {
    const methods = methodsOf(known)
    for (const route of known) router.on(route.method, path, () => {}, { route, methods })
    router.on('OPTIONS', path, () => {}, { methods })
  }
  return ({ method, path }) => {
    const found = router.find(method === 'HEAD' ? 'GET' : (method as Route['method']), path)
    // What has no store is the answer to a path that is none.
    if (found && !found.store) refusePath()
    if (found) return { ...found.store, params: found.params }
    const known = router.find('OPTIONS', path)
    if (!known) throw new RiachoError('NOT_FOUND')
    if (!known.store) refusePath()
    return known.store
  }
}

function refusePath(): never {
  throw new RiachoError('INVALID_REQUEST', 'a wrong path', { issues: ['path: cannot be read'] })
}
