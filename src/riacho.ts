import { randomBytes, randomUUIDv7 } from 'node:crypto'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { RiachoError } from './protocol/errors.ts'
import { type Clock, repeat, systemClock, within } from './server/clock.ts'
import { loadAssistants } from './server/config/assistant.ts'
import type { Env } from './server/config/env.ts'
import { createConversationService } from './server/conversations/conversationService.ts'
import { createDeletionService } from './server/conversations/deletions.ts'
import { type Database, openDatabase } from './server/database/open.ts'
import { listErased } from './server/database/owners.ts'
import { readSetting, writeSetting } from './server/database/storedSettings.ts'
import { createExportService } from './server/exporting/exports.ts'
import { type ActiveRuns, createActiveRuns } from './server/generation/activeRuns.ts'
import { createCostOf } from './server/generation/cost.ts'
import type { Provider } from './server/generation/provider.ts'
import { takeOverRuns } from './server/generation/takeover.ts'
import type { ProviderState } from './server/http/context.ts'
import { createHeartbeats } from './server/http/heartbeats.ts'
import { createMetrics } from './server/http/metrics.ts'
import type { Pages } from './server/http/pages.ts'
import { createServer } from './server/http/server.ts'
import { CommitWindow } from './server/log/commitWindow.ts'
import { openRunStore } from './server/log/openRunStore.ts'
import { createFeedbackService } from './server/messages/feedback.ts'
import { createMessageService } from './server/messages/messageService.ts'
import { createGuideService } from './server/providers/guide/guideProvider.ts'
import { loadGuide } from './server/providers/guide/sections.ts'
import { createOpenaiService } from './server/providers/openai/openaiProvider.ts'
import { NO_REMOTE } from './server/runs/remote.ts'
import { createRunService } from './server/runs/runService.ts'
import { createSearchService } from './server/search/search.ts'
import { createShareService } from './server/sharing/shares.ts'
import { createTitleService } from './server/titles/titles.ts'

/** How long active runs may go on once the server drains, in milliseconds. */
const DRAIN_TIMEOUT = 30_000
/** How long the ends of the runs that are left may take to be stored, in milliseconds. */
const END_TIMEOUT = 5000
/** How long a run may wait for a database that stores nothing, in milliseconds. */
const STORAGE_TIMEOUT = 10_000
/** What stands as the model of a reply by the guide, whichever model its assistant would ask. */
const GUIDE_MODEL = 'guide'
const HOUR = 60 * 60 * 1000
/** How often is looked for deleted conversations whose time to be restored is over, in milliseconds. */
const ERASE_INTERVAL = 60_000

export interface AppOptions {
  env: Env
  logger: Logger
  clock?: Clock
  pages?: Pages
}

export interface App {
  /** Resolves with the address it listens on. Throws when the port is taken. */
  listen(): Promise<string>
  /**
   * Takes no new run, lets active ones finish for 30 s, leaves the rest to the next process where the provider keeps
   * them, else ends them as `interrupted`, and closes everything.
   */
  close(options?: { drainMs?: number }): Promise<void>
}

/**
 * Puts the concrete parts together, and ends what a killed process left behind. Throws `ConfigProblem` and
 * `DatabaseProblem`.
 */
export async function createApp({ env, logger, pages, clock = systemClock }: AppOptions): Promise<App> {
  const createId = randomUUIDv7
  const loaded = await loadAssistants(env.assistantsDir, { defaultModel: env.openai?.model ?? GUIDE_MODEL })
  // The guide knows one character only, and cannot play the others.
  const guide = loaded.slice(0, 1).map(assistant => ({ ...assistant, model: GUIDE_MODEL }))
  const assistants = env.openai ? loaded : guide
  const provider = await createProvider(env, clock)
  const database = await openDatabase(env.database.file)
  const { store, ownership } = await openRunStore({ database, now: clock.now })
  const heartbeats = createHeartbeats(clock)
  const metrics = createMetrics({ activeRuns: () => runs.size, readers: () => heartbeats.size })
  const window = new CommitWindow({
    store,
    clock,
    logger,
    windowMs: env.generation.commitWindowMs,
    onCommit: metrics.committed,
    onRefused(forMs) {
      if (forMs >= STORAGE_TIMEOUT) for (const run of runs.active()) void run.fail('STORAGE_UNAVAILABLE')
    },
  })
  let lastEnd: ProviderState['lastEnd'] = null
  const runs: ActiveRuns = createActiveRuns({
    provider,
    window,
    clock,
    logger,
    random: Math.random,
    maxAttempts: env.generation.maxAttempts,
    costOf: createCostOf(env.prices),
    onEnd(end, tookMs) {
      lastEnd = { status: end.status, ...(end.code && { code: end.code }) }
      metrics.runEnded(end, tookMs)
    },
  })
  const writeTitle = env.titles === 'provider' ? provider.title : undefined
  const titles = createTitleService({ database, write: writeTitle, assistants, clock, logger })
  const runService = createRunService({ store, runs, remote: NO_REMOTE, clock })
  const messages = createMessageService({
    database,
    store,
    runs,
    assistants,
    clock,
    createId,
    makesTitles: writeTitle !== undefined,
  })
  const conversations = createConversationService({
    database,
    runs: runService,
    assistants,
    clock,
    createId,
  })
  const deletions = createDeletionService({
    database,
    store,
    runs: runService,
    clock,
    ...(provider.forget && { forget: provider.forget }),
    erasedOwners: new Set(await listErased(database.queries)),
  })

  let draining = false
  const taken = await takeOverRuns({
    ownership,
    store,
    runs,
    logger,
    canResume: provider.resume !== undefined,
  })
  const sweep = setInterval(() => void forget(), HOUR).unref()
  const erasing = repeat(ERASE_INTERVAL, clock, () =>
    deletions
      .sweep()
      .catch((error: unknown) => logger.error({ err: error }, 'deleted conversations could not be erased')),
  )
  const server = await createServer({
    messages,
    runs: runService,
    conversations,
    deletions,
    exports: createExportService({ database, conversations, assistants, clock }),
    feedback: createFeedbackService({ database }),
    search: createSearchService({ database }),
    shares: createShareService({ database, clock }),
    titles,
    assistants,
    metrics,
    heartbeats,
    settings: env.server,
    sessionSecret: env.session.secret ?? (await sessionSecret(database)),
    clock,
    logger,
    createId,
    pages,
    providerState: () => ({ model: assistants[0]?.model ?? '', lastEnd }),
    requireRunning() {
      if (draining) throw new RiachoError('SHUTTING_DOWN')
    },
    requireStorage: sharedFor(1000, clock, () => store.sync()),
  })

  async function forget(): Promise<void> {
    const endedBefore = clock.now() - env.generation.logRetentionHours * HOUR
    await store
      .forget(endedBefore)
      .catch((error: unknown) => logger.error({ err: error }, 'old events could not be deleted'))
  }

  return {
    async listen() {
      const { port, host } = env.server
      const address = await server.listen({ port, host })
      await taken.resume()
      return address
    },
    async close({ drainMs = DRAIN_TIMEOUT } = {}) {
      draining = true
      clearInterval(sweep)
      await erasing.stop()
      await Promise.all([drain(runs, clock, drainMs), titles.close(drainMs)])
      await server.close()
      await provider.close?.()
      window.close()
      await database.close()
    },
  }
}

/** The guide's texts, in the languages of the interface. */
const GUIDE_DIRECTORY = join(import.meta.dirname, '..', 'docs', 'guide')

async function createProvider({ openai }: Env, clock: Clock): Promise<Provider> {
  if (!openai) return createGuideService({ guide: await loadGuide(GUIDE_DIRECTORY), clock })
  const { baseUrl, apiKey, api, maxOutputTokens } = openai
  return createOpenaiService({
    baseUrl,
    apiKey,
    api,
    maxOutputTokens,
    background: openai.background,
    clock,
    timeouts: {
      connect: openai.connectTimeoutMs,
      firstByte: openai.firstByteTimeoutMs,
      idle: openai.idleTimeoutMs,
      total: openai.totalTimeoutMs,
    },
  })
}

/** One call of `check` for all that ask within `ms`: whoever asks often costs no more. */
function sharedFor(ms: number, clock: Clock, check: () => Promise<void>): () => Promise<void> {
  let last: { at: number; result: Promise<void> } | undefined
  return () => {
    if (!last || clock.now() - last.at >= ms) last = { at: clock.now(), result: check() }
    return last.result
  }
}

async function sessionSecret(database: Database): Promise<string> {
  const key = 'session_secret'
  const known = await readSetting(database.queries, key)
  if (known) return known
  const value = randomBytes(32).toString('base64url')
  await database.write('power', queries => writeSetting(queries, { key, value }))
  return value
}

/** What cannot be ended in time, because the database takes nothing, is ended by the next process. */
async function drain(runs: ActiveRuns, clock: Clock, timeoutMs: number): Promise<void> {
  await within(timeoutMs, clock, Promise.all(runs.active().map(run => run.ended)))
  const ends = runs.active().map(run => run.detach() || run.fail('REPLY_INTERRUPTED'))
  await within(END_TIMEOUT, clock, Promise.all(ends))
}
