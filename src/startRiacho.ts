import type { Tracer } from '@opentelemetry/api'
import type { Logger } from 'pino'
import { openOptionsOf } from './openOptions.ts'
import { type OpenOptions, openRiacho } from './openRiacho.ts'
import type { PasswordCost } from './server/accounts/passwords.ts'
import type { Clock } from './server/clock.ts'
import { loadAssistants } from './server/config/assistant.ts'
import type { Env } from './server/config/env.ts'
import type { Variables } from './server/config/toolServers.ts'
import { loadToolServers } from './server/config/toolServersFile.ts'
import { createServer, type RequestTimeouts } from './server/http/fastify/server.ts'
import type { Pages } from './server/http/pages.ts'
import { isLoopback } from './server/loopback.ts'

export interface StartOptions {
  logger: Logger
  /** Gets a trace of each run. */
  tracer?: Tracer | undefined
  /** If absent, the real clock. */
  clock?: Clock
  /** If absent, the server has an API and no pages. */
  pages?: Pages
  /** What models may call. */
  tools?: OpenOptions['tools']
  /** If absent, one that takes long enough. */
  passwordCost?: PasswordCost
  /** If absent, long enough ones. */
  timeouts?: RequestTimeouts
  /** What `${NAME}` in the file of tool servers stands for. */
  variables?: Variables
}

/** A server that listens. */
export interface StartedRiacho {
  readonly url: string
  /** Makes the first administrator, once. Absent if there is one, or if nobody signs in here. */
  readonly firstAdminLink?: string
  /** Drains for at most `drainMs`, by default 30 s, then closes every connection and everything else. */
  close(options?: { drainMs?: number }): Promise<void>
}

/**
 * Starts the server with these settings. The order matters. First Riacho takes over the runs that a killed process
 * left, before anybody can ask for them. Then the server listens. Then Riacho resumes the replies that the provider kept,
 * because only a process that could listen may use up a try. Throws `ConfigProblem`, `DatabaseProblem`, and what
 * `listen` throws if the port is taken.
 */
export async function startRiacho(
  env: Env,
  { logger, tracer, clock, pages, timeouts, tools, passwordCost, variables = {} }: StartOptions,
): Promise<StartedRiacho> {
  const { host, port, trustProxy, frameAncestors } = env.server
  const { openai, assistantsDir } = env
  // The guide replaces this model with its own.
  const assistantFolder = { directory: assistantsDir, defaultModel: openai?.model ?? '' }
  const assistants = await loadAssistants(assistantFolder.directory, assistantFolder)
  const toolServers = await loadToolServers(env.toolsFile, variables, assistants)
  const options = openOptionsOf(env, assistants)
  const { nodeAddress } = env.server
  const riacho = await openRiacho({
    ...options,
    assistantFolder,
    toolServers,
    logger,
    ...(tracer && { tracer }),
    ...(nodeAddress !== undefined && { nodeAddress }),
    ...(clock && { clock }),
    ...(tools && { tools }),
    ...(options.accounts && { accounts: { ...options.accounts, passwordCost } }),
  })
  const server = await createServer({
    api: riacho.api,
    pages: pages && { files: pages, frameAncestors },
    host,
    trustProxy,
    timeouts,
    relay: riacho.relay,
  })
  const close = async (drainMs?: number) => {
    await riacho.drain(drainMs)
    await server.close()
    await riacho.close()
  }
  const url = await server.listen({ host, port }).catch(async (error: unknown) => {
    await close(0)
    throw error
  })
  logger.info(`Replies come from ${sourceOf(options)}.`)
  if (riacho.relay) logger.info(nodeAddress === undefined ? NO_ADDRESS : reachedAt(nodeAddress))
  if (!isLoopback(host) && env.access === 'open') logger.warn(`HOST=${host} ${OPEN}`)
  const adminPath = isClosed(env) ? await riacho.services.accounts.firstAdminLink() : undefined
  const firstAdminLink = adminPath && (env.server.publicUrls[0] ?? url) + adminPath
  if (firstAdminLink) logger.warn(`${FIRST_ADMIN} ${firstAdminLink}`)
  await riacho.resume()
  return {
    url,
    ...(firstAdminLink && { firstAdminLink }),
    close: ({ drainMs } = {}) => close(drainMs),
  }
}

const OPEN =
  'lets everybody who reaches this machine use Riacho, because ACCESS is open. docs/deployment/accounts.md says how to let in only people with an account, and docs/deployment/login-in-front.md how to put another login in front.'

/** For the operator. The link follows. */
export const FIRST_ADMIN = 'There is no administrator yet. This link makes one, once, within 24 hours:'

/** Whether only people with an account come in. */
function isClosed({ access }: Pick<Env, 'access'>): boolean {
  return access === 'accounts' || access === 'invite'
}

const NO_ADDRESS =
  'Other nodes read the replies of this one in the database, every 50 ms. With NODE_ADDRESS they get them at once.'

function reachedAt(address: string): string {
  return `Other nodes get the replies of this one at ${address}, which has to reach this node and no other.`
}

/** Describes for the operator what writes the replies. */
function sourceOf({ assistants, openai }: Pick<OpenOptions, 'assistants' | 'openai'>): string {
  if (!openai) return 'the built-in guide'
  const models = new Set(assistants.map(({ model }) => model))
  return `${[...models].join(', ')} at ${openai.baseUrl}`
}
