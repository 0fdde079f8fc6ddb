import type { Logger } from 'pino'
import { createRiacho, type RiachoOptions } from './riacho.ts'
import type { Clock } from './server/clock.ts'
import { loadAssistants } from './server/config/assistant.ts'
import type { Env } from './server/config/env.ts'
import { createServer, type RequestTimeouts } from './server/http/fastify/server.ts'
import { isLoopback } from './server/http/origin.ts'
import type { Pages } from './server/http/pages.ts'

export interface StartOptions {
  logger: Logger
  /** If absent, the real clock. */
  clock?: Clock
  /** If absent, the server has an API and no pages. */
  pages?: Pages
  /** If absent, long enough ones. */
  timeouts?: RequestTimeouts
}

/** A server that listens. */
export interface StartedRiacho {
  readonly url: string
  /** Drains for at most `drainMs`, by default 30 s, then closes every connection and everything else. */
  close(options?: { drainMs?: number }): Promise<void>
}

/**
 * Starts the server with these settings. The order matters. First Riacho ends the runs that a killed process left,
 * before anybody can ask for them. Then the server listens. Then Riacho resumes the replies that the provider kept,
 * because only a process that could listen may use up a try. Throws `ConfigProblem`, `DatabaseProblem`, and what
 * `listen` throws if the port is taken.
 */
export async function startRiacho(
  env: Env,
  { logger, clock, pages, timeouts }: StartOptions,
): Promise<StartedRiacho> {
  const { host, port, trustProxy } = env.server
  const options = await optionsOf(env)
  const riacho = await createRiacho({ ...options, logger, ...(clock && { clock }) })
  const server = await createServer({ api: riacho.api, pages, host, trustProxy, timeouts })
  const url = await server.listen({ host, port })
  logger.info(`Replies come from ${sourceOf(options)}.`)
  if (!isLoopback(host)) logger.warn(`HOST=${host} ${OPEN}`)
  await riacho.resume()
  return {
    url,
    async close({ drainMs } = {}) {
      await riacho.drain(drainMs)
      await server.close()
      await riacho.close()
    },
  }
}

const OPEN =
  'lets everybody who reaches this machine use Riacho, because Riacho has no logins. docs/deployment/login-in-front.md shows how to put a login in front of it.'

/** Describes for the operator what writes the replies. */
function sourceOf({ assistants, openai }: Pick<RiachoOptions, 'assistants' | 'openai'>): string {
  if (!openai) return 'the built-in guide'
  const models = new Set(assistants.map(({ model }) => model))
  return `${[...models].join(', ')} at ${openai.baseUrl}`
}

async function optionsOf(env: Env): Promise<Omit<RiachoOptions, 'logger' | 'clock'>> {
  const { server, openai, session, generation } = env
  return {
    databaseFile: env.database.file,
    // The guide replaces this model with its own.
    assistants: await loadAssistants(env.assistantsDir, { defaultModel: openai?.model ?? '' }),
    ...(openai && { openai: openaiOf(openai) }),
    titles: env.titles,
    prices: env.prices,
    ...generation,
    ownerQuotaBytes: env.ownerQuotaBytes,
    ...(session.secret !== undefined && { sessionSecret: session.secret }),
    publicUrls: server.publicUrls,
    rateLimitPerMinute: server.rateLimitPerMinute,
  }
}

/** The options of the provider. */
export function openaiOf(openai: NonNullable<Env['openai']>): NonNullable<RiachoOptions['openai']> {
  const { baseUrl, apiKey, api, maxOutputTokens, background, network } = openai
  return {
    baseUrl,
    api,
    background,
    ...(network && { network }),
    ...(apiKey !== undefined && { apiKey }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    timeouts: {
      connect: openai.connectTimeoutMs,
      firstByte: openai.firstByteTimeoutMs,
      idle: openai.idleTimeoutMs,
      total: openai.totalTimeoutMs,
    },
  }
}
