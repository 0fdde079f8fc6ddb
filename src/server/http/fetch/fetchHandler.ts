import { RiachoError } from '../../../protocol/errors.ts'
import type { HeaderFields } from '../../access/requestFacts.ts'
import { logFault } from '../../logFault.ts'
import { admit, headersOfAll } from '../admission.ts'
import { answerRequest, decideCaller } from '../answerRequest.ts'
import type { Api } from '../api.ts'
import { CALLER_LIMITS, LIMITS } from '../defineRoute.ts'
import { errorAnswer, isFault } from '../errors.ts'
import { createFindPath } from '../knownPaths.ts'
import { localeOfRequest } from '../locale.ts'
import { createRefusalLog } from '../refusalLog.ts'
import { RequestCounts } from '../requestCounts.ts'
import { FetchFacts, readBody } from './fetchRequest.ts'
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
  const findPath = createFindPath(api.routes)
  // Without `publicUrls` any host may be asked, because the app alone knows its names.
  const admission = { ...api, host: api.publicUrls.length > 0 ? 'localhost' : undefined }
  // The host knows the addresses of its clients and this handler does not, so every kind is counted by owner.
  const counts = new RequestCounts({
    perMinute: api.rateLimitPerMinute,
    factors: OWNER_FACTORS,
    clock: api.clock,
    countShared: api.countShared,
  })
  const logRefusal = createRefusalLog(api)
  return async request => {
    const facts = new FetchFacts(request, basePath)
    const requestId = api.createId()
    const locale = localeOfRequest(facts)
    const headers = new Headers(headersOfAll(facts, api.corsOrigins))
    try {
      const known = findPath(facts.path)
      const method = facts.method === 'HEAD' ? 'GET' : facts.method
      const route = known?.routes.find(each => each.method === method)
      const preflight = admit(facts, route ? undefined : known?.methods, admission)
      if (preflight) {
        addHeaders(headers, preflight)
        return wholeResponse({ type: 'empty' }, headers, request.method)
      }
      if (!route) throw new RiachoError('NOT_FOUND')
      const decision = await decideCaller(route, facts, api.callers)
      const body = route.method === 'GET' ? undefined : await readBody(request, route)
      const incoming = {
        facts,
        params: known?.params,
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
      const { caller } = decision
      return await streamResponse(answer, { api, streams, headers, locale, caller, signal: request.signal })
    } catch (error) {
      const answer = errorAnswer(error, { locale, requestId })
      if (isFault(answer)) logFault(api.logger, error, { message: 'request failed', reqId: requestId })
      else logRefusal({ code: answer.body.code, method: facts.method, reqId: requestId })
      return wholeResponse(answer, headers, request.method)
    }
  }
}
