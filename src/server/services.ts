import type { Logger } from 'pino'
import type { Clock } from './clock.ts'
import type { Assistant } from './config/assistant.ts'
import { createConversationService } from './conversations/conversations.ts'
import { createDeletionService } from './conversations/deletions.ts'
import type { Database } from './database/open.ts'
import { createExportService } from './exporting/exports.ts'
import type { Runs } from './generation/activeRuns.ts'
import type { Provider } from './generation/provider.ts'
import type { LogStore } from './log/logStore.ts'
import { createChatService } from './messages/chatService.ts'
import { createFeedbackService } from './messages/feedback.ts'
import type { Metrics } from './metrics.ts'
import type { Readiness } from './readiness.ts'
import { createSearchService } from './search/search.ts'
import { createShareService } from './sharing/shares.ts'
import { createTitleService } from './titles/titles.ts'

export interface ServiceParts {
  database: Database
  store: LogStore
  runs: Runs
  provider: Provider
  /** Whether the provider is asked for titles. Else the first words are the titles. */
  asksForTitles: boolean
  /** The first one is the default. */
  assistants: readonly Assistant[]
  /** Owners that were erased before this process began. */
  erasedOwners: Set<string>
  metrics: Metrics
  readiness: Readiness
  clock: Clock
  logger: Logger
  createId: () => string
}

export type Services = ReturnType<typeof createServices>

/** The one list of what the server can do. Whoever answers requests picks from it. */
export function createServices(parts: ServiceParts) {
  const { database, store, runs, provider, assistants, clock, logger, createId } = parts
  const { metrics, readiness } = parts
  const writeTitle = parts.asksForTitles ? provider.title : undefined
  const makesTitles = writeTitle !== undefined
  const chat = createChatService({ database, store, runs, assistants, clock, createId, makesTitles })
  const { newConversation } = chat
  const conversations = createConversationService({ database, runs, clock, createId, newConversation })
  const deletions = createDeletionService({
    database,
    store,
    runs,
    clock,
    erasedOwners: parts.erasedOwners,
    ...(provider.forget && { forget: provider.forget }),
  })
  return {
    chat,
    conversations,
    deletions,
    exports: createExportService({ database, conversations, assistants, clock }),
    feedback: createFeedbackService({ database }),
    search: createSearchService({ database }),
    shares: createShareService({ database, clock }),
    titles: createTitleService({ database, write: writeTitle, assistants, clock, logger }),
    assistants,
    metrics,
    readiness,
    clock,
  }
}
