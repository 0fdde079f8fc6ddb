import type { Logger } from 'pino'
import { createRiacho, type RiachoOptions } from './riacho.ts'
import type { Clock } from './server/clock.ts'
import { loadAssistants } from './server/config/assistant.ts'
import type { Env } from './server/config/env.ts'
import { createServer } from './server/http/fastify/server.ts'
import type { Pages } from './server/http/pages.ts'

export interface StartOptions {
  logger: Logger
  /** Absent: the real one. */
  clock?: Clock
  /** Absent: the server has an API and no pages. */
  pages?: Pages
}

/** A server that listens. */
export interface StartedRiacho {
  readonly url: string
  /** Drains for at most `drainMs`, by default 30 s, closes every connection, and everything else. */
  close(options?: { drainMs?: number }): Promise<void>
}

/**
 * Starts the server with these settings. The order matters: what a killed process left behind is ended before anybody
 * can ask for it, and what the provider kept is gone on with only by a process that could listen. Throws
 * `ConfigProblem`, `DatabaseProblem`, and what `listen` throws when the port is taken.
 */
export async function startRiacho(env: Env, { logger, clock, pages }: StartOptions): Promise<StartedRiacho> {
  const { host, port, trustProxy } = env.server
  const riacho = await createRiacho({ ...(await optionsOf(env)), logger, ...(clock && { clock }) })
  const server = await createServer({ api: riacho.api, pages, host, trustProxy })
  const url = await server.listen({ host, port })
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

async function optionsOf(env: Env): Promise<Omit<RiachoOptions, 'logger' | 'clock'>> {
  const { server, openai, session, generation } = env
  return {
    databaseFile: env.database.file,
    // The guide has one model, and takes it whatever this says.
    assistants: await loadAssistants(env.assistantsDir, { defaultModel: openai?.model ?? '' }),
    ...(openai && { openai: openaiOf(openai) }),
    titles: env.titles,
    prices: env.prices,
    ...generation,
    ...(session.secret !== undefined && { sessionSecret: session.secret }),
    publicUrls: server.publicUrls,
    rateLimitPerMinute: server.rateLimitPerMinute,
  }
}

function openaiOf(openai: NonNullable<Env['openai']>): NonNullable<RiachoOptions['openai']> {
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
