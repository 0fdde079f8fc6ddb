import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import type { RiachoOptions } from './host/hostOptions.ts'
import type { HostCalls, OpenedHost } from './host/openedHost.ts'
import { nodeProblem } from './host/requiredNode.ts'
import { shareHost } from './host/sharedHost.ts'
import { RiachoError } from './protocol/errors.ts'
import { ConfigProblem } from './server/config/configProblem.ts'
import { readOrigins } from './server/config/origins.ts'
import { headersOfAll } from './server/http/admission.ts'
import { preflightHeaders } from './server/http/cors.ts'
import { METHODS } from './server/http/defineRoute.ts'
import { errorAnswer } from './server/http/errors.ts'
import type { FetchHandler } from './server/http/fetch/fetchHandler.ts'
import { FetchFacts } from './server/http/fetch/fetchRequest.ts'
import { addHeaders, wholeResponse } from './server/http/fetch/wholeResponse.ts'
import { localeOfRequest } from './server/http/locale.ts'

export type { RiachoOptions } from './host/hostOptions.ts'
export type { ForOwner, HostSend } from './host/openedHost.ts'
export { RiachoError } from './protocol/errors.ts'
export type { HostOwner, OwnerOf } from './server/access/hostOwner.ts'
export type { AssistantDefinition } from './server/config/assistant.ts'
export { ConfigProblem } from './server/config/configProblem.ts'
export type { ToolServerDefinition, ToolServerDefinitions } from './server/config/toolServers.ts'
export { DatabaseProblem } from './server/database/databaseProblem.ts'
export type {
  Provider,
  ProviderChunk,
  ProviderMessage,
  ProviderRequest,
} from './server/generation/provider.ts'
export { ToolError } from './server/generation/tools.ts'
export {
  type HostFile,
  type HostTool,
  type HostToolContext,
  type HostTools,
  tool,
  withFiles,
} from './server/tools/hostTools.ts'

export interface Riacho extends HostCalls {
  /** Answers every path of PROTOCOL.md that the app routes to it. While Riacho cannot open, it answers `STORAGE_UNAVAILABLE`, and logs why. */
  handler(request: Request): Promise<Response>
  /** Opens Riacho now. Without this call the first request does it. Throws `ConfigProblem`, `DatabaseProblem`. */
  open(): Promise<void>
  /** Waits up to 30 s for active runs, then closes everything. */
  close(): Promise<void>
}

/**
 * Riacho inside another app. Nothing is opened before the first request or call. All instances of one process with the
 * same database share one writer. Throws `ConfigProblem` if Node is too old.
 */
export function createRiacho(given: RiachoOptions = {}): Riacho {
  const problem = nodeProblem(process.versions.node)
  if (problem !== undefined) throw new ConfigProblem(problem, [])
  const options = { ...given, basePath: normalBasePath(given.basePath) }
  const logger = options.logger ?? pino({ name: 'riacho', level: 'warn' })
  const handlers = new WeakMap<OpenedHost, FetchHandler>()
  const { open, close } = shareHost(options, logger)

  function handlerOf(host: OpenedHost): FetchHandler {
    const known = handlers.get(host) ?? host.createHandler(options)
    handlers.set(host, known)
    return known
  }

  return {
    async handler(request) {
      let host: OpenedHost
      try {
        host = await open()
      } catch (error) {
        logger.error({ err: error }, 'Riacho cannot open')
        return unavailable(request, options)
      }
      return handlerOf(host)(request)
    },
    async open() {
      await open()
    },
    close,
    send: async request => (await open()).send(request),
    stop: async request => (await open()).stop(request),
    conversations: {
      list: async request => (await open()).conversations.list(request),
      create: async request => (await open()).conversations.create(request),
      read: async request => (await open()).conversations.read(request),
      update: async request => (await open()).conversations.update(request),
      remove: async request => (await open()).conversations.remove(request),
    },
  }
}

/** `completo`, `/completo` and `/completo/` are the same place. */
function normalBasePath(basePath = ''): string {
  const path = basePath.replace(/^\/+|\/+$/g, '')
  return path === '' ? '' : `/${path}`
}

/** Pages of named origins may read it, as every other answer. Which methods a path has is not known yet. */
function unavailable(request: Request, { settings, basePath = '' }: RiachoOptions): Response {
  const facts = new FetchFacts(request, basePath)
  const origins = readOrigins(settings?.['CORS_ORIGINS'])
  const headers = new Headers(headersOfAll(facts, origins))
  const preflight = preflightHeaders(facts, { origins, methods: METHODS })
  if (preflight) {
    addHeaders(headers, preflight)
    return wholeResponse({ type: 'empty' }, headers, request.method)
  }
  const error = new RiachoError('STORAGE_UNAVAILABLE')
  const answer = errorAnswer(error, { locale: localeOfRequest(facts), requestId: randomUUID() })
  return wholeResponse(answer, headers, request.method)
}
