import { randomBytes, randomUUIDv7 } from 'node:crypto'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { createCallers } from './server/access/caller.ts'
import { createSessions } from './server/access/sessions.ts'
import { type Clock, repeat, systemClock, within } from './server/clock.ts'
import type { Assistant } from './server/config/assistant.ts'
import type { Price } from './server/config/prices.ts'
import { type Database, openDatabase } from './server/database/open.ts'
import { listErased } from './server/database/owners.ts'
import { readSetting, writeSetting } from './server/database/storedSettings.ts'
import { type ActiveRuns, createActiveRuns } from './server/generation/activeRuns.ts'
import { createCostOf } from './server/generation/cost.ts'
import type { Provider } from './server/generation/provider.ts'
import { takeOverRuns } from './server/generation/takeover.ts'
import type { Api } from './server/http/api.ts'
import { createHeartbeats } from './server/http/heartbeats.ts'
import { createRoutes } from './server/http/routes.ts'
import { CommitWindow } from './server/log/commitWindow.ts'
import { openRunStore } from './server/log/openRunStore.ts'
import type { RunStore } from './server/log/runStore.ts'
import { createMetrics, type Metrics } from './server/metrics.ts'
import { createGuideProvider } from './server/providers/guide/guideProvider.ts'
import { GUIDE_GREETING, GUIDE_STARTERS } from './server/providers/guide/phrases.ts'
import { loadGuide } from './server/providers/guide/sections.ts'
import { createOpenaiProvider, type OpenaiOptions } from './server/providers/openai/openaiProvider.ts'
import { createReadiness, type Readiness } from './server/readiness.ts'
import { NO_REMOTE } from './server/runs/remote.ts'
import { createServices, type Services } from './server/services.ts'

/** How long active runs may go on once Riacho drains, in milliseconds. */
const DRAIN_TIMEOUT = 30_000
/** How long the ends of the runs that are left may take to be stored, in milliseconds. */
const END_TIMEOUT = 5000
/** How long a run may wait for a database that stores nothing, in milliseconds. */
const STORAGE_TIMEOUT = 10_000
/** Stands as the model of a reply by the guide, whichever model its assistant would ask. */
const GUIDE_MODEL = 'guide'
const HOUR = 60 * 60 * 1000
/** How often deleted conversations are erased whose time to be restored is over, in milliseconds. */
const ERASE_INTERVAL = 60_000
/** The guide's texts, in the languages of the interface. */
const GUIDE_DIRECTORY = join(import.meta.dirname, '..', 'docs', 'guide')

export interface RiachoOptions {
  databaseFile: string
  /** The first one is the default. */
  assistants: readonly Assistant[]
  /** Absent: the built-in guide answers. */
  openai?: Omit<OpenaiOptions, 'clock' | 'dispatcher'>
  /** Who writes the titles of conversations: the provider, or nobody, and then the first words are the title. */
  titles: 'provider' | 'words'
  prices: { models: readonly Price[]; currency: string }
  /** How often a provider is asked for one reply. */
  maxAttempts: number
  commitWindowMs: number
  /** How long the events of a run that has ended can be replayed. */
  logRetentionHours: number
  /** Signs session cookies. Absent: the database keeps one. */
  sessionSecret?: string
  /** Origins that people use, besides the one that a request names. */
  publicUrls: readonly string[]
  /** What one address may ask for in a minute; 0: as much as it likes. */
  rateLimitPerMinute: number
  logger: Logger
  clock?: Clock
}

export interface Riacho {
  readonly api: Api
  /** Goes on with the replies that the provider kept for the last process. To be called once requests are answered. */
  resume(): Promise<void>
  /**
   * Takes no new run, lets active ones finish for 30 s, leaves the rest to the next process where the provider keeps
   * them, else ends them as `interrupted`. Every call after the first waits for the first.
   */
  drain(timeoutMs?: number): Promise<void>
  /** Drains, and closes everything. No request may come in any more. */
  close(): Promise<void>
}

/**
 * Puts the concrete parts together, and ends what a killed process left behind. It listens nowhere: an adapter answers
 * requests with `api`. Throws `DatabaseProblem`.
 */
export async function createRiacho(options: RiachoOptions): Promise<Riacho> {
  const { logger, openai, publicUrls, rateLimitPerMinute, clock = systemClock } = options
  const createId = randomUUIDv7
  const assistants = openai ? options.assistants : playedByGuide(options.assistants)
  const provider = await createProvider(openai, clock)
  const database = await openDatabase(options.databaseFile)
  const { store, ownership } = await openRunStore({ database, now: clock.now })
  const heartbeats = createHeartbeats(clock)
  const readiness = createReadiness({
    model: assistants[0]?.model ?? '',
    checkStorage: () => store.sync(),
    clock,
  })
  const metrics = createMetrics({ activeRuns: () => runs.size, readers: () => heartbeats.size })
  const { runs, window } = createWriting({ ...options, clock, provider, store, metrics, readiness })
  const services = createServices({
    database,
    store,
    activeRuns: runs,
    remote: NO_REMOTE,
    provider,
    asksForTitles: options.titles === 'provider',
    assistants,
    erasedOwners: new Set(await listErased(database.queries)),
    metrics,
    readiness,
    clock,
    logger,
    createId,
  })
  const canResume = provider.resume !== undefined
  const takeover = await takeOverRuns({ ownership, store, runs, logger, canResume })
  const upkeep = startUpkeep({ ...options, clock, store, services })
  const secret = options.sessionSecret ?? (await storedSecret(database))
  const { isErased } = services.deletions
  const callers = createCallers([createSessions({ secret, createId, isErased })])
  const routes = createRoutes(services)
  const api = { routes, callers, heartbeats, publicUrls, rateLimitPerMinute, clock, logger, createId }
  const endAll = async (timeoutMs: number) => {
    readiness.drain()
    await upkeep.stop()
    await Promise.all([drainRuns(runs, clock, timeoutMs), services.titles.close(timeoutMs)])
  }
  let drained: Promise<void> | undefined
  const drain = (timeoutMs = DRAIN_TIMEOUT) => {
    drained ??= endAll(timeoutMs)
    return drained
  }
  return {
    api,
    resume: takeover.resume,
    drain,
    async close() {
      await drain()
      await provider.close?.()
      window.close()
      await database.close()
    },
  }
}

/** The guide knows one character only, and cannot play the others. It greets as what it is. */
function playedByGuide(assistants: readonly Assistant[]): Assistant[] {
  return assistants.slice(0, 1).map(assistant => ({
    ...assistant,
    model: GUIDE_MODEL,
    greeting: GUIDE_GREETING,
    starters: GUIDE_STARTERS,
  }))
}

async function createProvider(openai: RiachoOptions['openai'], clock: Clock): Promise<Provider> {
  if (openai) return createOpenaiProvider({ ...openai, clock })
  return createGuideProvider({ guide: await loadGuide(GUIDE_DIRECTORY), clock })
}

interface WritingOptions extends Pick<RiachoOptions, 'maxAttempts' | 'commitWindowMs' | 'prices' | 'logger'> {
  provider: Provider
  store: RunStore
  metrics: Metrics
  readiness: Readiness
  clock: Clock
}

/** What writes replies: the runs, and the window that stores what they write. */
function createWriting(options: WritingOptions): { runs: ActiveRuns; window: CommitWindow } {
  const { provider, store, metrics, readiness, clock, logger } = options
  const window = new CommitWindow({
    store,
    clock,
    logger,
    windowMs: options.commitWindowMs,
    onCommit: metrics.committed,
    onRefused(forMs) {
      if (forMs >= STORAGE_TIMEOUT) for (const run of runs.active()) void run.fail('STORAGE_UNAVAILABLE')
    },
  })
  const runs = createActiveRuns({
    provider,
    window,
    clock,
    logger,
    random: Math.random,
    maxAttempts: options.maxAttempts,
    costOf: createCostOf(options.prices),
    onEnd(end, tookMs) {
      readiness.runEnded(end)
      metrics.runEnded(end, tookMs)
    },
  })
  return { runs, window }
}

interface UpkeepOptions extends Pick<RiachoOptions, 'logRetentionHours' | 'logger'> {
  store: Pick<RunStore, 'forget'>
  services: Pick<Services, 'deletions'>
  clock: Clock
}

/** Deletes what is kept for a while only: old events, and deleted conversations. */
function startUpkeep(options: UpkeepOptions): { stop(): Promise<void> } {
  const { store, services, clock, logger, logRetentionHours } = options
  const forget = async () => {
    const endedBefore = clock.now() - logRetentionHours * HOUR
    await store
      .forget(endedBefore)
      .catch((error: unknown) => logger.error({ err: error }, 'old events could not be deleted'))
  }
  const forgetting = setInterval(() => void forget(), HOUR).unref()
  const erasing = repeat(ERASE_INTERVAL, clock, () =>
    services.deletions
      .sweep()
      .catch((error: unknown) => logger.error({ err: error }, 'deleted conversations could not be erased')),
  )
  return {
    async stop() {
      clearInterval(forgetting)
      await erasing.stop()
    },
  }
}

async function storedSecret(database: Database): Promise<string> {
  const key = 'session_secret'
  const known = await readSetting(database.queries, key)
  if (known) return known
  const value = randomBytes(32).toString('base64url')
  await database.write('power', queries => writeSetting(queries, { key, value }))
  return value
}

/** What cannot be ended in time, because the database takes nothing, is ended by the next process. */
async function drainRuns(runs: ActiveRuns, clock: Clock, timeoutMs: number): Promise<void> {
  await within(timeoutMs, clock, Promise.all(runs.active().map(run => run.ended)))
  const ends = runs.active().map(run => run.detach() || run.fail('REPLY_INTERRUPTED'))
  await within(END_TIMEOUT, clock, Promise.all(ends))
}
