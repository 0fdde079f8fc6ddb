import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RunEnd } from '../../protocol/events.ts'
import type { Clock } from '../clock.ts'
import type { Assistant } from '../config/assistant.ts'
import type { ConversationService } from '../conversations/conversationService.ts'
import type { DeletionService } from '../conversations/deletions.ts'
import type { ExportService } from '../exporting/exports.ts'
import type { Caller } from '../messages/acceptRun.ts'
import type { FeedbackService } from '../messages/feedback.ts'
import type { MessageService } from '../messages/messageService.ts'
import type { RunService } from '../runs/runService.ts'
import type { SearchService } from '../search/search.ts'
import type { ShareService } from '../sharing/shares.ts'
import type { TitleService } from '../titles/titles.ts'
import type { Heartbeats } from './heartbeats.ts'
import type { Limits } from './limits.ts'
import type { Metrics } from './metrics.ts'

export interface ProviderState {
  model: string
  lastEnd: Pick<RunEnd, 'status' | 'code'> | null
}

/** What every resource file needs of the server it adds its routes to. */
export interface Context {
  readonly messages: MessageService
  readonly runs: RunService
  readonly conversations: ConversationService
  readonly deletions: DeletionService
  readonly exports: ExportService
  readonly feedback: FeedbackService
  readonly search: SearchService
  readonly shares: ShareService
  readonly titles: TitleService
  readonly assistants: readonly Assistant[]
  readonly metrics: Metrics
  readonly clock: Clock
  readonly heartbeats: Heartbeats
  readonly limits: Limits
  /** Who asks; sets the session cookie of a new owner. */
  caller(request: FastifyRequest, reply: FastifyReply): Caller
  /** Answers with a run's events after `after`. Throws before the first byte what `RunService.follow` throws. */
  stream(options: {
    request: FastifyRequest
    reply: FastifyReply
    runId: string
    after: number
    headers?: Record<string, string>
  }): Promise<void>
  /** Answers with the events of many runs. Cuts the stream when they cannot be read. */
  streamMany(options: {
    request: FastifyRequest
    reply: FastifyReply
    runs: readonly { runId: string; after: number }[]
  }): Promise<void>
  /** The default model, and how the last run ended; `null` before the first. */
  providerState(): ProviderState
  /** Throws `SHUTTING_DOWN` once the server drains. */
  requireRunning(): void
  /** Throws `STORAGE_UNAVAILABLE` when the database takes no write. */
  requireStorage(): Promise<void>
}
