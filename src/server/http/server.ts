import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify'
import type { Logger } from 'pino'
import { RiachoError } from '../../protocol/errors.ts'
import { MAX_BODY_BYTES } from '../../protocol/limits.ts'
import { type Owners, ownerOf } from '../access/session.ts'
import type { Clock } from '../clock.ts'
import type { Assistant } from '../config/assistant.ts'
import type { Env } from '../config/env.ts'
import type { ConversationService } from '../conversations/conversationService.ts'
import type { DeletionService } from '../conversations/deletions.ts'
import type { ExportService } from '../exporting/exports.ts'
import type { FeedbackService } from '../messages/feedback.ts'
import type { MessageService } from '../messages/messageService.ts'
import type { RunService } from '../runs/runService.ts'
import type { SearchService } from '../search/search.ts'
import type { ShareService } from '../sharing/shares.ts'
import type { TitleService } from '../titles/titles.ts'
import { assistantRoutes } from './assistants.ts'
import type { Context } from './context.ts'
import { conversationRoutes } from './conversations.ts'
import { ownerRoutes } from './eraseOwner.ts'
import { sendError } from './errors.ts'
import { EventStream } from './eventStream.ts'
import { exportRoutes } from './export.ts'
import { healthRoutes } from './health.ts'
import type { Heartbeats } from './heartbeats.ts'
import { createLimits } from './limits.ts'
import { localeOfRequest } from './locale.ts'
import { followMany } from './manyRuns.ts'
import { messageRoutes } from './messages.ts'
import type { Metrics } from './metrics.ts'
import { requireKnownHost, requireSameOrigin } from './origin.ts'
import { type Pages, pageRoutes, sendDocument } from './pages.ts'
import { probeRoutes } from './probe.ts'
import { runRoutes } from './runs.ts'
import { searchRoutes } from './search.ts'
import { sendRoutes } from './send.ts'
import { shareRoutes } from './shares.ts'
import { titleRoutes } from './titles.ts'

export interface ServerOptions {
  messages: MessageService
  runs: RunService
  conversations: ConversationService
  deletions: DeletionService
  exports: ExportService
  feedback: FeedbackService
  search: SearchService
  shares: ShareService
  titles: TitleService
  assistants: readonly Assistant[]
  metrics: Metrics
  heartbeats: Heartbeats
  settings: Env['server']
  sessionSecret: string
  clock: Clock
  logger: Logger
  createId: () => string
  providerState: Context['providerState']
  requireRunning: () => void
  requireStorage: () => Promise<void>
  /** Absent: the server has an API and no pages. */
  pages?: Pages | undefined
}

/** The HTTP server, not yet listening: the API, and the pages beside it. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { settings, createId, pages, deletions } = options
  const server = fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: trustedProxies(settings.trustProxy),
    genReqId: () => createId(),
    forceCloseConnections: true,
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply),
  })
  server.removeContentTypeParser('text/plain')
  const parseJson = server.getDefaultJsonParser('error', 'error')
  // Some HTTP libraries name the type of a body they do not send, as with Stop.
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) =>
    body === '' ? done(null, undefined) : parseJson(request, String(body), done),
  )
  server.setErrorHandler(sendError)

  await server.register(cookie, { secret: options.sessionSecret })
  await server.register(helmet, { contentSecurityPolicy: false, strictTransportSecurity: false })
  await server.register(rateLimit, { global: false })
  server.decorateRequest('ownerId', undefined)
  server.addHook('onRequest', async request => {
    requireKnownHost(request, settings)
    requireSameOrigin(request, settings.publicUrls)
  })
  // Answers differ by owner and not by address: a proxy told to keep them would show one person's to another.
  server.addHook('onSend', async (request, reply) => {
    if (request.url.startsWith('/api/') && !reply.hasHeader('cache-control'))
      reply.header('cache-control', 'no-store')
  })

  const owners = { createId, isErased: deletions.isErased }
  const context = createContext(server, options, owners)
  sendRoutes(server, context)
  runRoutes(server, context)
  titleRoutes(server, context)
  probeRoutes(server, context)
  conversationRoutes(server, context)
  messageRoutes(server, context)
  searchRoutes(server, context)
  shareRoutes(server, context)
  exportRoutes(server, context)
  ownerRoutes(server, context)
  assistantRoutes(server, context)
  healthRoutes(server, context)
  if (pages) pageRoutes(server, { pages, owners })
  server.setNotFoundHandler((request, reply) => {
    const isPage = pages && request.method === 'GET' && !request.url.startsWith('/api/')
    if (!isPage) throw new RiachoError('NOT_FOUND')
    return sendDocument(pages, 'not-found', { request, reply: reply.code(404) })
  })
  return server
}

function createContext(server: FastifyInstance, options: ServerOptions, owners: Owners): Context {
  const { runs: runService, clock, heartbeats, settings } = options
  const caller: Context['caller'] = (request, reply) => ({
    ownerId: ownerOf(request, reply, owners),
    locale: localeOfRequest(request),
  })
  return {
    ...options,
    caller,
    limits: createLimits(server, settings.rateLimitPerMinute),
    async stream({ request, reply, runId, after, headers }) {
      const { ownerId, locale } = caller(request, reply)
      const events = new EventStream({ reply, locale, clock, heartbeats, ...(headers && { headers }) })
      // It writes what is missing before it resolves.
      events.hold(await runService.follow({ ownerId }, { runId, after }, events))
    },
    async streamMany({ request, reply, runs }) {
      const { ownerId, locale } = caller(request, reply)
      const events = new EventStream({ reply, locale, clock, heartbeats })
      try {
        await followMany(events, runs, (run, reader) => runService.follow({ ownerId }, run, reader))
      } catch (error) {
        reply.raw.destroy()
        throw error
      }
    },
  }
}

/** A number is how many proxies, nearest first, may say who the client is. */
function trustedProxies(setting: boolean | number): boolean | ((address: string, hop: number) => boolean) {
  return typeof setting === 'number' ? (_address, hop) => hop < setting : setting
}
