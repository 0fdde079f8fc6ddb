import { type Tracer, trace } from '@opentelemetry/api'
import type { Logger } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import { prepareFor, spendingOptionsOf } from './assistantsInUse.ts'
import { callersAfterEnds } from './callersAfterEnds.ts'
import { createDrain } from './drain.ts'
import { openProviders, type ProvidersOptions } from './openProviders.ts'
import { openStorage, type Storage } from './openStorage.ts'
import { MAX_BODY_BYTES } from './protocol/limits.ts'
import type { SharingMode } from './protocol/responses.ts'
import { startRetention } from './retention.ts'
import { type AccessOptions, createCallersOf } from './server/access/authenticators.ts'
import type { Callers } from './server/access/caller.ts'
import type { OwnerOf } from './server/access/hostOwner.ts'
import { createKnownKeys, createKnownSessions } from './server/access/knownTokens.ts'
import { watchTokens } from './server/access/tokenWatch.ts'
import type { AccountOptions } from './server/accounts/createAccounts.ts'
import type { AssistantFolder } from './server/administration/assistantFiles.ts'
import { type Clock, systemClock } from './server/clock.ts'
import type { Assistant } from './server/config/assistant.ts'
import type { NetworkSettings } from './server/config/network.ts'
import type { Price } from './server/config/prices.ts'
import type { SpendingLimits } from './server/config/spendingLimits.ts'
import type { ToolServer } from './server/config/toolServers.ts'
import { createRequireRoom } from './server/conversations/requireRoom.ts'
import { createRetentionService, type RetentionService } from './server/conversations/retentionService.ts'
import { giveUpCopies } from './server/database/conversations.ts'
import type { Database } from './server/database/database.ts'
import type { DatabaseAddress } from './server/database/openDatabase.ts'
import { registerRule } from './server/database/retention.ts'
import { Rewriter, type RewriterOptions } from './server/database/sqlite/file/rewriter.ts'
import { storedSecret } from './server/database/storedSettings.ts'
import { createFiles, type FilesOptions } from './server/files/createFiles.ts'
import type { FileService } from './server/files/fileService.ts'
import { type ActiveRuns, createActiveRuns } from './server/generation/activeRuns.ts'
import { createCostOf } from './server/generation/cost.ts'
import type { Provider } from './server/generation/provider.ts'
import type { LiveQuestions } from './server/generation/tools.ts'
import { WaitingEnds } from './server/generation/waitingEnds.ts'
import type { Api } from './server/http/api.ts'
import { createHeartbeats } from './server/http/heartbeats.ts'
import type { KnownOrigins } from './server/http/origin.ts'
import { createRoutes } from './server/http/routes/routes.ts'
import { CommitWindow } from './server/log/commitWindow.ts'
import type { RelaySource } from './server/log/relay/relaySource.ts'
import { packageVersion } from './server/packageVersion.ts'
import { createReadiness, type Readiness } from './server/readiness.ts'
import { createServices, type Services } from './server/services.ts'
import { createSpending, type Spending } from './server/spending/spending.ts'
import { createMetrics, type Metrics } from './server/telemetry/metrics.ts'
import { createTraceRun } from './server/telemetry/traceRun.ts'
import { createApprovals } from './server/tools/approvals.ts'
import type { AssistantTool } from './server/tools/hostTools.ts'
import { createLiveQuestions } from './server/tools/liveQuestions.ts'
import { requireKnownAssistants, requireKnownTools } from './server/tools/requireKnownTools.ts'
import { createSeal } from './server/tools/signIn/seal.ts'
import {
  createToolSignIns,
  type SignInOptions,
  type ToolSignIns,
} from './server/tools/signIn/signInService.ts'
import { createToolbox, type Toolbox } from './server/tools/toolbox.ts'
import { takeOverAndWatch } from './takeOverAndWatch.ts'

export interface OpenOptions extends KnownOrigins {
  database: DatabaseAddress
  /** Where other nodes reach this one. If absent, they read its replies in the database. */
  nodeAddress?: string
  /** The first one is the default. */
  assistants: readonly Assistant[]
  /** Where `assistants` were read, so that administrators can change them. If absent, they are in code. */
  assistantFolder?: AssistantFolder
  /** If absent, `provider` writes the replies, and without it the built-in guide. */
  openai?: ProvidersOptions['openai']
  /** Providers that are asked after it, in their order. */
  further?: ProvidersOptions['further']
  /** How many failures in a row keep requests from a provider for a while. 0: none do. Default: 10. */
  providerFailures?: number
  /** Functions of a host that models may call. */
  tools?: readonly AssistantTool[]
  /** MCP servers whose tools models may call. */
  toolServers?: readonly ToolServer[]
  /** What lies between Riacho and these servers. */
  network?: NetworkSettings | undefined
  /** A provider of the host. It is closed with Riacho. */
  provider?: Provider
  /** `provider`: the provider writes the titles. `words`: the first words are the title. */
  titles: 'provider' | 'words'
  prices: { models: readonly Price[]; currency: string }
  /** The most requests to the provider for one reply. */
  maxAttempts: number
  /** The most that one owner may store, in bytes. 0: no limit. */
  ownerQuotaBytes: number
  /** The most text of a message with its attachments, in UTF-16 units. Default: what a request can hold. */
  maxMessageLength?: number
  /** How files are kept. If absent, people attach only texts. */
  files?: FilesOptions
  /** What people may do and spend. If absent, there is no limit. */
  spendingLimits?: SpendingLimits
  /** Conversations that nobody has touched for so many days are deleted. If absent, none is. */
  retentionDays?: number
  /** How long after their last message temporary conversations are erased, in hours. */
  temporaryHours: number
  /** The most text of a reply, in UTF-16 units. */
  maxReplyLength: number
  commitWindowMs: number
  /** What shown text survives: `process`, the death of the process; `power`, also the loss of power. */
  logDurability: 'process' | 'power'
  /** How long the events of an ended run can be replayed. */
  logRetentionHours: number
  /** Signed the cookies of earlier versions. If absent, the database keeps the secret. */
  sessionSecret?: string
  /** The one before. Cookies that it signed are still good. */
  oldSessionSecret?: string
  /** Whether owners can make API keys, and programs can use them. Default: no. */
  apiKeys?: boolean
  /** Who may make shares and read them. Default: anyone. */
  sharing?: SharingMode
  /** Whether administrators can read conversations. Their owners see it. Default: no. */
  adminReads?: boolean
  /** How the tokens of a host are checked. */
  hostTokens?: AccessOptions['hostTokens']
  /** Who may come in. If absent, everybody. */
  accounts?: AccountOptions
  /** Messages that one address may send in a minute. 0: no limit. */
  rateLimitPerMinute: number
  logger: Logger
  /** Gets a trace of each run. If absent, the one that the host registered with OpenTelemetry, if any. */
  tracer?: Tracer
  clock?: Clock
}

export interface OpenedRiacho {
  readonly api: Api
  readonly services: Services
  /** What other nodes get from this one. Absent where there are none. */
  readonly relay?: RelaySource
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
 * answers requests with `api`. Throws `DatabaseProblem`, and `ConfigProblem` if a limit cannot be kept.
 */
export async function openRiacho(options: OpenOptions): Promise<OpenedRiacho> {
  const { clock = systemClock, database, logger } = options
  const { nodeAddress } = options
  const spending = spendingOptionsOf(options)
  requireKnownTools(options.assistants, options)
  requireKnownAssistants(options.toolServers ?? [], options.assistants)
  const storage = await openStorage({ database, clock, logger, nodeAddress })
  try {
    return await compose({ ...options, spending, clock }, storage)
  } catch (error) {
    await storage.close()
    throw error
  }
}

type Composed = OpenOptions & { clock: Clock; spending: ReturnType<typeof spendingOptionsOf> }

async function compose(options: Composed, storage: Storage): Promise<OpenedRiacho> {
  const { logger, publicUrls, corsOrigins, rateLimitPerMinute, clock } = options
  const { accounts = { access: 'open', siteUrl: '' } } = options
  const { database, store, remote, steadyTime, countShared } = storage
  const timed = { clock, steadyTime, logger, createId: () => uuidv7() }
  const prepareAssistants = prepareFor(options)
  // The one list that everybody reads. Its content changes when an administrator has the files read again.
  const assistants = [...prepareAssistants(options.assistants)]
  const files = options.files && createFiles(options.files, { ...timed, database })
  const onFailure: ProvidersOptions['onFailure'] = (name, code) => metrics.providerFailed(name, code)
  const { tools = [], toolServers: servers = [] } = options
  const toolSignIns = await openToolSignIns(options, { servers, database, steadyTime })
  const { credentialsFor } = toolSignIns
  const toolbox = createToolbox({
    ...options,
    tools,
    servers,
    assistants,
    credentialsFor,
    documentTools: files?.toolsFor,
    clock,
  })
  const liveQuestions = createLiveQuestions({ database, clock })
  const { provider, states } = await openProviders({ ...options, onFailure })
  const heartbeats = createHeartbeats(clock)
  const model = assistants[0]?.model ?? ''
  const readiness = createReadiness({ model, checkStorage: storage.requireReachable, clock })
  const spending = createSpending({ ...timed, ...options.spending, database })
  const metrics = createMetrics({
    activeRuns: () => runs.size,
    readers: () => heartbeats.size,
    rewriteWaitedMs: () => rewriter?.waitedMs ?? 0,
    budgetRatios: spending.budgetRatios,
    providerStates: states,
    toolServers: toolbox.states,
    version: packageVersion(),
  })
  const { runs, window } = createWriting({
    ...options,
    provider,
    storage,
    metrics,
    readiness,
    spending,
    toolbox,
    files,
    liveQuestions,
  })
  const watched = { isBusy: () => runs.size > 0, onRewrite: metrics.rewritten }
  const rewriter = rewriterOf(database, { ...timed, ...watched })
  await rewriter?.rewriteSmall()
  const known = { ...timed, queries: database.queries, requireTrust: () => remote.requireTrust() }
  const knownSessions = createKnownSessions(known)
  const knownKeys = createKnownKeys(known)
  const changedAfter = storage.tokensChangedAfter
  const tokenWatch = watchTokens({ known: [knownSessions, knownKeys], changedAfter, ...timed })
  const parts = { database, store, remote, provider, assistants, metrics, readiness, ...timed }
  const services = createServices({
    ...parts,
    retention: await openRetention(database, { ...options, steadyTime }),
    activeRuns: runs,
    asksForTitles: options.titles === 'provider',
    requireRoom: createRequireRoom(options.ownerQuotaBytes),
    files,
    spending,
    maxMessageLength: options.maxMessageLength ?? MAX_BODY_BYTES,
    documentTokens: options.files?.documentTokens ?? 0,
    knownSessions,
    knownKeys,
    takesKeys: options.apiKeys ?? false,
    sharing: options.sharing ?? 'anyone',
    accounts,
    publicUrls,
    onAnswered: liveQuestions.answered,
    toolSignIns,
    administration: {
      assistants,
      prepareAssistants,
      folder: options.assistantFolder,
      ...options.spending,
      active: () => ({ runs: runs.size, readers: heartbeats.size }),
      nodes: storage.nodes,
      providerStates: states,
      toolServers: servers,
      toolServerStates: toolbox.states,
      canRead: options.adminReads ?? false,
    },
  })
  await database.write('process', queries => giveUpCopies(queries, { begunBefore: storage.leftBefore }))
  const waitingEnds = new WaitingEnds({ store, clock, logger })
  const goingOn = { canResume: !!provider.resume, taskOf: services.taskOfLeftRun }
  const left = { storage, runs, waitingEnds, logger, ...goingOn }
  const { resume } = await takeOverAndWatch({ ...left, settleLeft: spending.settler.settleLeft })
  const retention = startRetention({ ...options, clock, steadyTime, database, store, services, rewriter })
  const decideOf = await createCallersOf({
    ...options,
    ...timed,
    database,
    known: knownSessions,
    visitors: accounts.access === 'open' ? 'everybody' : 'readers',
    ...(options.apiKeys && { knownKeys }),
  })
  const callersOf = (ownerOf?: OwnerOf) => callersAfterEnds(decideOf(ownerOf), waitingEnds)
  const common = { publicUrls, corsOrigins, rateLimitPerMinute, countShared, heartbeats, ...timed }
  const proofs = { sessions: knownSessions, keys: knownKeys }
  const api = { ...common, ...proofs, routes: createRoutes(services, options), callers: callersOf() }
  const drain = createDrain({ readiness, remote, retention, runs, titles: services.titles, clock })
  return {
    api,
    services,
    ...(storage.relay && { relay: storage.relay }),
    callersOf,
    resume,
    drain,
    async close() {
      await drain()
      await waitingEnds.close()
      await services.accounts.close()
      await services.files?.close()
      await spending.settler.close()
      await toolbox.close()
      await toolSignIns.close()
      await provider.close?.()
      tokenWatch.close()
      window.close()
      await rewriter?.rewriteSmall()
      await storage.close()
    },
  }
}

/** Tokens of people are sealed by the session secret. Where the operator sets none, the database keeps one. */
async function openToolSignIns(
  { sessionSecret, oldSessionSecret, network, publicUrls, clock, logger }: Composed,
  { servers, database, steadyTime }: Pick<SignInOptions, 'servers' | 'database' | 'steadyTime'>,
): Promise<ToolSignIns> {
  const first = sessionSecret ?? (await storedSecret(database, 'session_secret'))
  const seal = createSeal(oldSessionSecret === undefined ? [first] : [first, oldSessionSecret])
  return createToolSignIns({ servers, database, seal, network, publicUrls, clock, steadyTime, logger })
}

/** The service that deletes by rule. From now on the database knows the rule. */
async function openRetention(
  database: Database,
  {
    retentionDays: days,
    temporaryHours,
    steadyTime,
  }: Pick<OpenOptions, 'retentionDays' | 'temporaryHours'> & { steadyTime: () => number },
): Promise<RetentionService> {
  const rule = await database.write('power', queries => registerRule(queries, { days, now: steadyTime() }))
  return createRetentionService({ database, rule, temporaryHours, steadyTime })
}

interface WritingOptions extends Omit<OpenOptions, 'files'> {
  provider: Provider
  storage: Pick<Storage, 'store' | 'patience' | 'database'>
  metrics: Metrics
  readiness: Readiness
  spending: Spending
  toolbox: Toolbox
  files: FileService | undefined
  liveQuestions: LiveQuestions
  clock: Clock
}

/** The runs, and the window that stores what they write. */
function createWriting(options: WritingOptions): { runs: ActiveRuns; window: CommitWindow } {
  const { provider, storage, metrics, readiness, spending, toolbox, files, clock, logger } = options
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
    onUnstorable: ({ start }) => runs.giveUp(start.runId),
  })
  const traceRun = createTraceRun(options.tracer ?? trace.getTracer('riacho', packageVersion()), clock)
  const runs = createActiveRuns({
    provider,
    window,
    clock,
    logger,
    random: Math.random,
    maxAttempts: options.maxAttempts,
    maxReplyLength: options.maxReplyLength,
    costOf: createCostOf(options.prices),
    keeper: files?.keeper,
    reserveRequest: spending.reserveRequest,
    calling: {
      toolsOf: toolbox.toolsOf,
      approvals: createApprovals(storage.database),
      liveQuestions: options.liveQuestions,
      createId: () => uuidv7(),
    },
    onEnd(ended) {
      readiness.runEnded(ended.end)
      metrics.runEnded(ended)
      traceRun(ended)
      spending.settler.settle(ended.start.runId)
    },
  })
  return { runs, window }
}

/** Absent where the database is no file of this process. */
function rewriterOf(
  { file, queries }: Database,
  options: Omit<RewriterOptions, 'file' | 'queries'>,
): Rewriter | undefined {
  return file && new Rewriter({ ...options, file, queries })
}
