import { join } from 'node:path'
import type { Logger } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import { openStorage, type Storage } from './openStorage.ts'
import { type AccessOptions, createCallersOf } from './server/access/authenticators.ts'
import type { Callers } from './server/access/caller.ts'
import type { OwnerOf } from './server/access/hostOwner.ts'
import { type Clock, createSteadyTime, repeat, systemClock, within } from './server/clock.ts'
import type { Assistant } from './server/config/assistant.ts'
import type { Price } from './server/config/prices.ts'
import { createRequireRoom } from './server/conversations/requireRoom.ts'
import { giveUpCopies } from './server/database/conversations.ts'
import type { DatabaseAddress } from './server/database/openDatabase.ts'
import { listErased } from './server/database/owners.ts'
import { Rewriter } from './server/database/sqlite/file/rewriter.ts'
import { type ActiveRuns, createActiveRuns } from './server/generation/activeRuns.ts'
import { createCostOf } from './server/generation/cost.ts'
import type { Provider } from './server/generation/provider.ts'
import { takeOverRuns } from './server/generation/takeover.ts'
import type { Api } from './server/http/api.ts'
import { createHeartbeats } from './server/http/heartbeats.ts'
import type { KnownOrigins } from './server/http/origin.ts'
import { createRoutes } from './server/http/routes/routes.ts'
import { CommitWindow } from './server/log/commitWindow.ts'
import { logFault } from './server/logFault.ts'
import { createMetrics, type Metrics } from './server/metrics.ts'
import { createGuideProvider } from './server/providers/guide/guideProvider.ts'
import { GUIDE_GREETING, GUIDE_STARTERS } from './server/providers/guide/phrases.ts'
import { loadGuide } from './server/providers/guide/sections.ts'
import { createOpenaiProvider, type OpenaiOptions } from './server/providers/openai/openaiProvider.ts'
import { createReadiness, type Readiness } from './server/readiness.ts'
import { createServices, type Services } from './server/services.ts'

/** How long active runs may continue while Riacho drains, in milliseconds. */
const DRAIN_TIMEOUT = 30_000
/** How long titles may still be written once the runs have ended, in milliseconds. */
const TITLE_TIMEOUT = 1000
/** How long storing the ends of the remaining runs may take, in milliseconds. */
const END_TIMEOUT = 5000
/** The model of a reply by the guide, whichever model its assistant names. */
const GUIDE_MODEL = 'guide'
const HOUR = 60 * 60 * 1000
/** How often conversations are erased that can no longer be restored, in milliseconds. */
const ERASE_INTERVAL = 60_000
/** How often to look whether the database file has to be rewritten, in milliseconds. */
const REWRITE_INTERVAL = 5000
/** The texts of the guide, in the languages of the interface. */
const GUIDE_DIRECTORY = join(import.meta.dirname, '..', 'docs', 'guide')

export interface OpenOptions extends KnownOrigins {
  database: DatabaseAddress
  /** The first one is the default. */
  assistants: readonly Assistant[]
  /** If absent, `provider` writes the replies, and without it the built-in guide. */
  openai?: Omit<OpenaiOptions, 'clock' | 'dispatcher'>
  /** A provider of the host. It is closed with Riacho. */
  provider?: Provider
  /** `provider`: the provider writes the titles. `words`: the first words are the title. */
  titles: 'provider' | 'words'
  prices: { models: readonly Price[]; currency: string }
  /** The most requests to the provider for one reply. */
  maxAttempts: number
  /** The most that one owner may store, in bytes. 0: no limit. */
  ownerQuotaBytes: number
  /** The most text of a reply, in UTF-16 units. */
  maxReplyLength: number
  commitWindowMs: number
  /** What shown text survives: `process`, the death of the process; `power`, also the loss of power. */
  logDurability: 'process' | 'power'
  /** How long the events of an ended run can be replayed. */
  logRetentionHours: number
  /** Signs session cookies. If absent, the database keeps a secret. */
  sessionSecret?: string
  /** How the tokens of a host are checked. */
  hostTokens?: AccessOptions['hostTokens']
  /** Messages that one address may send in a minute. 0: no limit. */
  rateLimitPerMinute: number
  logger: Logger
  clock?: Clock
}

export interface OpenedRiacho {
  readonly api: Api
  readonly services: Services
  /** Decides who asks as a host does. Whom the host leaves to Riacho is a visitor. */
  callersOf(ownerOf: OwnerOf): Callers
  /** Resumes the replies that the provider kept for the last process. Call it once the server answers requests. */
  resume(): Promise<void>
  /**
   * Takes no new run, and lets active ones finish for 30 s. Then it leaves the remaining runs to the next process if
   * the provider keeps them, and ends the others as `interrupted`. A later call waits for the first.
   */
  drain(timeoutMs?: number): Promise<void>
  /** Drains, then closes everything. No request may come any more. */
  close(): Promise<void>
}

/**
 * Puts the concrete parts together, and ends the runs that a killed process left. It does not listen: an adapter
 * answers requests with `api`. Throws `DatabaseProblem`.
 */
export async function openRiacho(options: OpenOptions): Promise<OpenedRiacho> {
  const { clock = systemClock, database, logger } = options
  const steadyTime = createSteadyTime(clock)
  const storage = await openStorage({ database, clock, steadyTime, logger })
  try {
    return await compose({ ...options, clock, steadyTime }, storage)
  } catch (error) {
    await storage.close()
    throw error
  }
}

type Composed = OpenOptions & { clock: Clock; steadyTime: () => number }

async function compose(options: Composed, storage: Storage): Promise<OpenedRiacho> {
  const { logger, openai, publicUrls, corsOrigins, rateLimitPerMinute, clock, steadyTime } = options
  const { database, store, ownership, remote } = storage
  const createId = () => uuidv7()
  const usesGuide = !openai && !options.provider
  const assistants = usesGuide ? playedByGuide(options.assistants) : options.assistants
  const provider = options.provider ?? (await createProvider(openai, clock))
  const heartbeats = createHeartbeats(clock)
  const readiness = createReadiness({ model: assistants[0]?.model ?? '', checkStorage: store.sync, clock })
  const metrics = createMetrics({
    activeRuns: () => runs.size,
    readers: () => heartbeats.size,
    rewriteWaitedMs: () => rewriter?.waitedMs ?? 0,
  })
  const { runs, window } = createWriting({ ...options, provider, storage, metrics, readiness })
  const isBusy = () => runs.size > 0
  const { file, queries } = database
  const rewriter =
    file && new Rewriter({ file, queries, isBusy, clock, steadyTime, logger, onRewrite: metrics.rewritten })
  await rewriter?.rewriteSmall()
  const services = createServices({
    database,
    store,
    activeRuns: runs,
    remote,
    provider,
    asksForTitles: options.titles === 'provider',
    assistants,
    requireRoom: createRequireRoom(options.ownerQuotaBytes),
    erasedOwners: new Set(await listErased(database.queries)),
    metrics,
    readiness,
    clock,
    steadyTime,
    logger,
    createId,
  })
  const { leftBefore: begunBefore } = storage
  await database.write('process', queries => giveUpCopies(queries, { begunBefore }))
  const takeOver = () => takeOverRuns({ ownership, store, runs, logger, canResume: !!provider.resume })
  const takeover = await takeOver()
  storage.watch({
    knows: runId => runs.log(runId) !== undefined,
    onDeath: oneAtATime(async () => (await takeOver()).resume(), logger),
    onDoubt: runs.cutFollowers,
    onFenced: runs.abandon,
    onStops: runIds => runIds.forEach(runId => void runs.stop(runId)),
  })
  const retention = startRetention({ ...options, clock, steadyTime, store, services, rewriter })
  const { isErased } = services.deletions
  const callersOf = await createCallersOf({ ...options, database, createId, isErased, clock })
  const routes = createRoutes(services)
  const known = { publicUrls, corsOrigins, rateLimitPerMinute }
  const api = { ...known, routes, callers: callersOf(), heartbeats, clock, logger, createId }
  const drain = createDrain({ readiness, retention, runs, titles: services.titles, clock })
  return {
    api,
    services,
    callersOf,
    resume: takeover.resume,
    drain,
    async close() {
      await drain()
      await provider.close?.()
      window.close()
      await rewriter?.rewriteSmall()
      await storage.close()
    },
  }
}

/** Does `work` when called, unless it is under way. A fault is logged, because the next call tries again. */
function oneAtATime(work: () => Promise<void>, logger: Logger): () => void {
  let isBusy = false
  return () => {
    if (isBusy) return
    isBusy = true
    work()
      .catch((error: unknown) =>
        logFault(logger, error, { message: 'the runs of a dead node could not be taken over' }),
      )
      .finally(() => {
        isBusy = false
      })
  }
}

interface DrainOptions extends Pick<Services, 'readiness' | 'titles'> {
  retention: { stop(): Promise<void> }
  runs: ActiveRuns
  clock: Clock
}

function createDrain({ readiness, retention, runs, titles, clock }: DrainOptions): OpenedRiacho['drain'] {
  const endAll = async (timeoutMs: number) => {
    readiness.drain()
    await retention.stop()
    await drainRuns(runs, clock, timeoutMs)
    await titles.close(Math.min(timeoutMs, TITLE_TIMEOUT))
  }
  let drained: Promise<void> | undefined
  return (timeoutMs = DRAIN_TIMEOUT) => {
    drained ??= endAll(timeoutMs)
    return drained
  }
}

/** The guide plays only one assistant, and greets as what it is. */
function playedByGuide(assistants: readonly Assistant[]): Assistant[] {
  return assistants.slice(0, 1).map(assistant => ({
    ...assistant,
    model: GUIDE_MODEL,
    greeting: GUIDE_GREETING,
    starters: GUIDE_STARTERS,
  }))
}

async function createProvider(openai: OpenOptions['openai'], clock: Clock): Promise<Provider> {
  if (openai) return createOpenaiProvider({ ...openai, clock })
  return createGuideProvider({ guide: await loadGuide(GUIDE_DIRECTORY), clock })
}

interface WritingOptions extends OpenOptions {
  provider: Provider
  storage: Pick<Storage, 'store' | 'patience'>
  metrics: Metrics
  readiness: Readiness
  clock: Clock
}

/** The runs, and the window that stores what they write. */
function createWriting(options: WritingOptions): { runs: ActiveRuns; window: CommitWindow } {
  const { provider, storage, metrics, readiness, clock, logger } = options
  const window = new CommitWindow({
    store: storage.store,
    clock,
    logger,
    windowMs: options.commitWindowMs,
    durability: options.logDurability,
    onCommit: metrics.committed,
    onRefused(forMs) {
      if (forMs >= storage.patience) for (const run of runs.active()) void run.fail('STORAGE_UNAVAILABLE')
    },
  })
  const runs = createActiveRuns({
    provider,
    window,
    clock,
    logger,
    random: Math.random,
    maxAttempts: options.maxAttempts,
    maxReplyLength: options.maxReplyLength,
    costOf: createCostOf(options.prices),
    onEnd(end, tookMs) {
      readiness.runEnded(end)
      metrics.runEnded(end, tookMs)
    },
  })
  return { runs, window }
}

interface RetentionOptions extends Pick<OpenOptions, 'logRetentionHours' | 'logger'> {
  store: Pick<Storage['store'], 'deleteOldEvents'>
  services: Pick<Services, 'deletions'>
  rewriter: Pick<Rewriter, 'rewriteInTime'> | undefined
  clock: Clock
  steadyTime: () => number
}

/** Deletes what is kept only for a time: old events, deleted conversations, and the copies of them in the file. */
function startRetention(options: RetentionOptions): { stop(): Promise<void> } {
  const { store, services, rewriter, clock, steadyTime, logger, logRetentionHours } = options
  const eventDeletion = repeat(HOUR, clock, () =>
    store
      .deleteOldEvents(steadyTime() - logRetentionHours * HOUR)
      .catch((error: unknown) => logFault(logger, error, { message: 'old events could not be deleted' })),
  )
  const erasure = repeat(ERASE_INTERVAL, clock, () =>
    services.deletions
      .sweep()
      .catch((error: unknown) =>
        logFault(logger, error, { message: 'deleted conversations could not be erased' }),
      ),
  )
  const rewriting = rewriter && repeat(REWRITE_INTERVAL, clock, () => rewriter.rewriteInTime())
  return {
    async stop() {
      await Promise.all([eventDeletion.stop(), erasure.stop(), rewriting?.stop()])
    },
  }
}

/**
 * Waits for the active runs, then detaches or ends the others. If the database takes nothing in time, the next process
 * ends them.
 */
async function drainRuns(runs: ActiveRuns, clock: Clock, timeoutMs: number): Promise<void> {
  await within(timeoutMs, clock, Promise.all(runs.active().map(run => run.ended)))
  const ends = runs.active().map(run => run.detach() || run.fail('REPLY_INTERRUPTED'))
  await within(END_TIMEOUT, clock, Promise.all(ends))
}
