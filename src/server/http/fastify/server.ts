import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify'
import { RiachoError } from '../../../protocol/errors.ts'
import { MAX_BODY_BYTES } from '../../../protocol/limits.ts'
import { answerRequest } from '../answerRequest.ts'
import type { Api } from '../api.ts'
import { methodsOf, type Route } from '../defineRoute.ts'
import { errorAnswer } from '../errors.ts'
import { localeOfRequest } from '../locale.ts'
import { requireKnownHost, requireSameOrigin } from '../origin.ts'
import { answerNotFound, type Pages, pageRoutes } from '../pages.ts'
import { FastifyFacts, FastifyIncoming } from './incoming.ts'
import { createRateLimits } from './rateLimits.ts'
import { sendStream, sendWhole } from './sendAnswer.ts'

export interface ServerOptions {
  api: Api
  /** If absent, the server has an API and no pages. */
  pages?: Pages | undefined
  /** The address on which the server will listen. */
  host: string
  /** How many proxies, from the nearest on, may say who the client is. `true`: all of them. */
  trustProxy: boolean | number
}

/** The HTTP server, with the API and the pages. It does not listen yet. */
export async function createServer({
  api,
  pages,
  host,
  trustProxy,
}: ServerOptions): Promise<FastifyInstance> {
  const { logger, createId, publicUrls } = api
  const server = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : trustProxy,
    genReqId: () => createId(),
    forceCloseConnections: true,
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply),
  })
  readJsonOnly(server)
  server.setErrorHandler(sendError)
  await server.register(helmet, { contentSecurityPolicy: false, strictTransportSecurity: false })
  await server.register(rateLimit, { global: false })
  server.addHook('onRequest', async request => {
    const facts = new FastifyFacts(request)
    requireKnownHost(facts, { host, publicUrls })
    requireSameOrigin(facts, publicUrls)
  })
  const routes = pages ? [...api.routes, ...pageRoutes(pages)] : api.routes
  addRoutes(server, routes, api)
  refuseOtherMethods(server, routes)
  server.setNotFoundHandler(async (request, reply) =>
    sendWhole(await answerNotFound(pages, new FastifyFacts(request)), reply),
  )
  return server
}

/** Adds routes to a Fastify server, each with the limit of its kind. */
export function addRoutes(
  server: FastifyInstance,
  routes: readonly Route[],
  api: Pick<Api, 'callers' | 'rateLimitPerMinute' | 'heartbeats' | 'clock'>,
): void {
  const limits = createRateLimits(server, api.rateLimitPerMinute)
  for (const route of routes) {
    const onRequest = route.limit && limits[route.limit]
    server.route({
      method: route.method,
      url: route.path,
      ...(onRequest && { onRequest }),
      async handler(request, reply) {
        const { answer, locale } = await answerRequest(
          route,
          new FastifyIncoming(request, reply),
          api.callers,
        )
        return answer.type === 'stream'
          ? sendStream(answer, { reply, locale, api })
          : sendWhole(answer, reply)
      },
    })
  }
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * Refuses a request that uses a known path with a method that the path does not have. It does so before it reads the
 * body.
 */
function refuseOtherMethods(server: FastifyInstance, routes: readonly Route[]): void {
  for (const [url, known] of Map.groupBy(routes, ({ path }) => path)) {
    const allowed = methodsOf(known)
    const refuse = async (_request: FastifyRequest, reply: FastifyReply) => {
      reply.header('allow', allowed.join(', '))
      throw new RiachoError('METHOD_NOT_ALLOWED')
    }
    const method = METHODS.filter(each => !allowed.includes(each))
    server.route({ method, url, onRequest: refuse, handler: refuse })
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

/** Answers any error. Logs it if the fault is ours. */
function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = errorAnswer(error, {
    locale: localeOfRequest(new FastifyFacts(request)),
    requestId: request.id,
  })
  const { status } = answer
  if (status >= 500) request.log.error({ err: error, status }, 'request failed')
  return sendWhole(answer, reply)
}
