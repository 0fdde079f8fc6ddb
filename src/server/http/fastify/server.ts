import type { IncomingMessage } from 'node:http'
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify'
import { RiachoError } from '../../../protocol/errors.ts'
import { MAX_BODY_BYTES, PIECE_TYPE } from '../../../protocol/limits.ts'
import type { RelaySource } from '../../log/relay/relaySource.ts'
import { logFault } from '../../logFault.ts'
import { type Admission, admit, headersOfAll } from '../admission.ts'
import { answerRequest, type Decision, decideCaller } from '../answerRequest.ts'
import type { Api } from '../api.ts'
import { CALLER_LIMITS, LIMITS, type Route } from '../defineRoute.ts'
import { errorAnswer, isFault } from '../errors.ts'
import { createFindPath } from '../knownPaths.ts'
import { localeOfRequest } from '../locale.ts'
import { answerMissing, type PageOptions, pageRoutes } from '../pages.ts'
import { readPiece } from '../readPiece.ts'
import { createRefusalLog } from '../refusalLog.ts'
import { RequestCounts } from '../requestCounts.ts'
import { createHttpsAlone } from '../securityHeaders.ts'
import { answerClientError } from './clientError.ts'
import { FastifyFacts, FastifyIncoming } from './incoming.ts'
import { OpenResponses } from './openResponses.ts'
import { openRelayDoor } from './relayDoor.ts'
import { sendStream, sendWhole } from './sendAnswer.ts'

export interface ServerOptions {
  api: Api
  /** If absent, the server has an API and no pages. */
  pages?: PageOptions | undefined
  /** The address on which the server will listen. */
  host: string
  /** How many proxies, from the nearest on, may say who the client is. `true`: all of them. */
  trustProxy: boolean | number
  /** If absent, those of `REQUEST_TIMEOUTS`. */
  timeouts?: RequestTimeouts | undefined
  /** What other nodes get. If absent, there are none. */
  relay?: RelaySource | undefined
}

/** How long a request may take to arrive, in milliseconds. */
export interface RequestTimeouts {
  headers: number
  /** The headers and the body. 1 MiB takes this long at 17 kB/s. */
  whole: number
}

const REQUEST_TIMEOUTS: RequestTimeouts = { headers: 15_000, whole: 60_000 }

/** The HTTP server, with the API and the pages. It does not listen yet. */
export async function createServer({
  api,
  pages,
  host,
  trustProxy,
  timeouts = REQUEST_TIMEOUTS,
  relay,
}: ServerOptions): Promise<FastifyInstance> {
  const { logger, createId, corsOrigins, publicUrls } = api
  const httpsAlone = createHttpsAlone(publicUrls)
  const sendError = createSendError(api)
  const headersFor = (facts: FastifyFacts) => ({ ...headersOfAll(facts, corsOrigins), ...httpsAlone(facts) })
  const routes = pages ? [...api.routes, ...pageRoutes(pages)] : api.routes
  const server = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : trustProxy,
    genReqId: () => createId(),
    forceCloseConnections: true,
    requestTimeout: timeouts.whole,
    http: {
      // Node would answer a request without a host by itself, and with an empty answer.
      requireHostHeader: false,
      headersTimeout: timeouts.headers,
      // A request that takes too long is cut at the next look.
      connectionsCheckingInterval: Math.min(5000, timeouts.headers),
    },
    return503OnClosing: false,
    // Fastify calls no hook for an address that it cannot read.
    frameworkErrors: (error, request, reply) =>
      void sendError(error, request, reply.headers(headersFor(new FastifyFacts(request)))),
    clientErrorHandler: (error, socket) => answerClientError(error, socket, createId()),
  })
  // Node would refuse any expectation but 100-continue with an empty answer. RFC 9110 lets a server ignore it.
  server.server.on('checkExpectation', (request, response) => server.routing(request, response))
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(headersFor(new FastifyFacts(request)))
  })
  readJsonOnly(server)
  readPieces(server)
  server.setErrorHandler(async (error, request, reply) => {
    // A path that is hidden from somebody is answered as one that is unknown.
    const missing = isNotFound(error) && (await answerMissing(pages?.files, new FastifyFacts(request)))
    return missing ? sendWhole(missing, reply) : sendError(error, request, reply)
  })
  // First, because a request that is refused also waits for its answer, and counts as one of its connection.
  addRoutes(server, routes, api)
  if (relay) openRelayDoor(server, relay)
  admitRequests(server, routes, { ...api, host })
  return server
}

/** Answers preflights, and refuses the requests that no route may get. */
function admitRequests(server: FastifyInstance, routes: readonly Route[], admission: Admission): void {
  const findPath = createFindPath(routes)
  server.addHook('onRequest', async (request, reply) => {
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1')
      throw new RiachoError('INVALID_REQUEST', 'no host', { issues: ['host: is missing'] })
    const facts = new FastifyFacts(request)
    // Fastify looks for a route by method and path together. To it a known path with another method is unknown.
    const otherMethods = request.is404 ? findPath(facts.path)?.methods : undefined
    const preflight = admit(facts, otherMethods, admission)
    if (preflight) return sendWhole({ type: 'empty' }, reply.headers(preflight))
    // Before the body is read, because who gets this answer for a known path gets it as early.
    if (request.is404) throw new RiachoError('NOT_FOUND')
  })
}

/** Where a request keeps its decision from before its body is read. */
const DECISION = 'decision'

/**
 * Adds routes to a Fastify server, each with the limit of its kind. `mostWaiting`: the most bytes that wait for all
 * clients together.
 */
export function addRoutes(
  server: FastifyInstance,
  routes: readonly Route[],
  api: Pick<
    Api,
    'callers' | 'rateLimitPerMinute' | 'countShared' | 'heartbeats' | 'sessions' | 'keys' | 'clock'
  >,
  { mostWaiting }: { mostWaiting?: number } = {},
): void {
  server.decorateRequest(DECISION, null)
  const responses = new OpenResponses(api.clock, mostWaiting)
  responses.start()
  server.addHook('onClose', async () => responses.stop())
  server.addHook('onRequest', async ({ raw }, reply) => responses.add(reply.raw, raw.socket))
  const { rateLimitPerMinute: perMinute, countShared, clock } = api
  const byAddress = new RequestCounts({ perMinute, factors: LIMITS, clock, countShared })
  const byOwner = new RequestCounts({ perMinute, factors: CALLER_LIMITS, clock, countShared })
  for (const route of routes) {
    server.route({
      method: route.method,
      url: route.path,
      async onRequest(request) {
        await byAddress.count(route.limit, request.ip).catch((error: unknown) => {
          // An unknown path is never refused so.
          throw route.access === 'admin' ? new RiachoError('NOT_FOUND') : error
        })
        request.setDecorator(DECISION, await decideCaller(route, new FastifyFacts(request), api.callers))
      },
      async handler(request, reply) {
        const decision = request.getDecorator<Decision>(DECISION)
        const answer = await answerRequest(route, new FastifyIncoming(request, reply), {
          decision,
          callers: api.callers,
          onCaller: ({ ownerId }) => byOwner.count(route.limit, ownerId),
        })
        return answer.type === 'stream'
          ? sendStream(answer, { reply, decision, api, responses })
          : sendWhole(answer, reply)
      },
    })
  }
}

function readJsonOnly(server: FastifyInstance): void {
  server.removeContentTypeParser('text/plain')
  const parseJson = server.getDefaultJsonParser('error', 'error')
  // Some HTTP libraries send the content type of a body that they do not send, for example with Stop.
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) =>
    body === '' ? done(null, undefined) : parseJson(request, String(body), done),
  )
}

function readPieces(server: FastifyInstance): void {
  server.addContentTypeParser(PIECE_TYPE, async (request: FastifyRequest, payload: IncomingMessage) => {
    if (Number(request.headers['content-length']) > MAX_BODY_BYTES) throw new RiachoError('TOO_LARGE')
    // A request that is destroyed gets no answer.
    return readPiece(payload.iterator({ destroyOnReturn: false }))
  })
}

function isNotFound(error: unknown): boolean {
  return error instanceof RiachoError && error.code === 'NOT_FOUND'
}

/** Makes a function that answers any error. It logs what is our fault, and now and then what was refused. */
function createSendError(api: Pick<Api, 'logger' | 'clock'>) {
  const logRefusal = createRefusalLog(api)
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { id: requestId, method, log } = request
    const answer = errorAnswer(error, { locale: localeOfRequest(new FastifyFacts(request)), requestId })
    const { status, body } = answer
    if (isFault(answer)) logFault(log, error, { message: 'request failed', status })
    else logRefusal({ code: body.code, method, reqId: requestId })
    return sendWhole(answer, reply)
  }
}
