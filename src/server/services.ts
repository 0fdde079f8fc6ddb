import type { Logger } from 'pino'
import type { SharingMode } from '../protocol/responses.ts'
import type { KnownKeys, KnownProofs, KnownSessions } from './access/knownTokens.ts'
import { type AccountOptions, createAccounts } from './accounts/createAccounts.ts'
import { type AdministrationOptions, createAdministration } from './administration/administration.ts'
import { createRunFigures } from './administration/runFigures.ts'
import type { Clock } from './clock.ts'
import type { Assistant } from './config/assistant.ts'
import { createConversationService } from './conversations/conversationService.ts'
import { createDeletionService, type DeletionServiceOptions } from './conversations/deletions.ts'
import type { RequireRoom } from './conversations/requireRoom.ts'
import type { RetentionService } from './conversations/retentionService.ts'
import type { Database } from './database/database.ts'
import { createExportService } from './exporting/exports.ts'
import type { FileService } from './files/fileService.ts'
import type { ActiveRuns } from './generation/activeRuns.ts'
import type { Provider } from './generation/provider.ts'
import { createKeyService } from './keys/keyService.ts'
import type { RunStore } from './log/runStore.ts'
import { createFeedbackService } from './messages/feedback.ts'
import { createMessageService } from './messages/messageService.ts'
import { createTaskOfLeftRun } from './messages/taskOfLeftRun.ts'
import type { Readiness } from './readiness.ts'
import type { Remote } from './runs/remote.ts'
import { createRunService } from './runs/runService.ts'
import { createSearchService } from './search/search.ts'
import { createSessionService } from './sessions/sessionService.ts'
import { createShareService } from './sharing/shares.ts'
import type { Spending } from './spending/spending.ts'
import type { Metrics } from './telemetry/metrics.ts'
import { createTitleService } from './titles/titles.ts'
import type { ToolSignIns } from './tools/signIn/signInService.ts'

export interface ServiceParts {
  database: Database
  store: RunStore
  activeRuns: ActiveRuns
  remote: Remote
  provider: Provider
  /** Whether the provider writes titles. If not, the first words are the title. */
  asksForTitles: boolean
  /** The first one is the default. */
  assistants: readonly Assistant[]
  requireRoom: RequireRoom
  /** Absent where there is no place for files. */
  files: FileService | undefined
  spending: Spending
  retention: RetentionService
  /** The most text of a message with its attachments, in UTF-16 units. */
  maxMessageLength: number
  /** The most tokens of documents whose whole text goes with one message. */
  documentTokens: number
  knownSessions: KnownSessions
  accounts: AccountOptions
  /** Origins that people use. */
  publicUrls: readonly string[]
  /** What administrators see and do besides. */
  administration: Pick<
    AdministrationOptions,
    | 'active'
    | 'assistants'
    | 'canRead'
    | 'currency'
    | 'folder'
    | 'limits'
    | 'nodes'
    | 'prepareAssistants'
    | 'problemsOf'
    | 'providerStates'
    | 'toolServers'
    | 'toolServerStates'
  >
  /** What tells the calls of this process that there is an answer. */
  onAnswered: (questionId: string) => void
  toolSignIns: ToolSignIns
  knownKeys: KnownKeys
  /** Whether the server takes API keys. */
  takesKeys: boolean
  /** Who may make shares and read them. */
  sharing: SharingMode
  metrics: Metrics
  readiness: Readiness
  clock: Clock
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
  logger: Logger
  createId: () => string
}

const NO_FILES: DeletionServiceOptions['files'] = { hasDue: async () => false, async eraseDue() {} }

export type Services = ReturnType<typeof createServices>

/** The list of everything that the server can do. Each route picks from it. */
export function createServices(parts: ServiceParts) {
  const { database, store, activeRuns, remote, provider, assistants, clock, logger, createId } = parts
  const { metrics, readiness, requireRoom, spending, retention, steadyTime, files } = parts
  const { rulesOf } = retention
  const writeTitle = parts.asksForTitles ? provider.title : undefined
  const makesTitles = writeTitle !== undefined
  const proofs: KnownProofs = {
    learn(changes) {
      for (const known of [parts.knownSessions, parts.knownKeys]) known.learn(changes)
    },
  }
  const runs = createRunService({ store, runs: activeRuns, remote, clock })
  const conversations = createConversationService({
    database,
    runs,
    assistants,
    requireRoom,
    rulesOf,
    clock,
    steadyTime,
    createId,
  })
  const deletions = createDeletionService({
    database,
    conversations,
    store,
    runs,
    clock,
    steadyTime,
    forgetSpending: (queries, ownerId) => spending.settler.forgetOwner(queries, ownerId),
    revokeTokens: parts.toolSignIns.revoke,
    releaseFiles: async (queries, ownerId) => files?.release(queries, ownerId),
    files: files ?? NO_FILES,
    proofs,
    ...(provider.requestDeletion && { requestDeletion: provider.requestDeletion }),
  })
  const runFigures = createRunFigures(parts)
  return {
    accounts: createAccounts({ ...parts, ...parts.accounts, deletions, proofs }),
    runs,
    administration: createAdministration({
      ...parts,
      ...parts.administration,
      count: runFigures.count,
      proofs,
    }),
    runFigures,
    messages: createMessageService({
      database,
      store,
      runs: activeRuns,
      assistants,
      requireRoom,
      reserve: spending.reserve,
      files: files?.reader,
      maxMessageLength: parts.maxMessageLength,
      documentTokens: parts.documentTokens,
      clock,
      steadyTime,
      createId,
      makesTitles,
      onAnswered: parts.onAnswered,
    }),
    taskOfLeftRun: createTaskOfLeftRun({ ...parts, files: files?.reader }),
    conversations,
    deletions,
    exports: createExportService({ database, conversations, files, assistants, clock }),
    feedback: createFeedbackService({ database }),
    search: createSearchService({ database, rulesOf }),
    sessions: createSessionService({ database, sessions: parts.knownSessions, steadyTime }),
    keys: createKeyService({ ...parts, keys: parts.knownKeys, areTaken: parts.takesKeys }),
    files,
    toolSignIns: parts.toolSignIns,
    shares: createShareService({ database, assistants, requireRoom, sharing: parts.sharing, files, clock }),
    retention,
    spending,
    titles: createTitleService({ database, write: writeTitle, assistants, clock, logger }),
    assistants,
    metrics,
    readiness,
    clock,
  }
}
