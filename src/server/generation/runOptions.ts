import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { EventLog } from '../log/eventLog.ts'
import type { CostOf } from './cost.ts'
import type { FileKeeper } from './fileKeeper.ts'
import type { KeptItem, Provider, ProviderRequest, ResumableReply } from './provider.ts'
import type { Answered, Calling, Decision } from './tools.ts'

export interface RunOptions {
  log: EventLog
  provider: Provider
  /**
   * `request`: ask the provider. `kept`: continue what an earlier process left at the provider, and ask for nothing
   * anew.
   */
  task: RunTask | { kept: ResumableReply }
  /** What models may call. If absent, they call nothing. */
  calling?: Calling
  clock: Clock
  /** When the run began, as `clock.monotonic` says. */
  startedAt: number
  logger: Logger
  /** A number in [0, 1), for jitter. */
  random: () => number
  /** The most requests to the provider. All of them come before the first byte of a reply. */
  maxAttempts: number
  /** The most text of a reply, in UTF-16 units. What it continues counts. */
  maxReplyLength: number
  /** If absent, nothing has a price. */
  costOf?: CostOf
  /** Stores what models and tools make. Absent where there is no place for files. */
  keeper?: FileKeeper | undefined
}

export interface RunTask {
  request: ProviderRequest
  /** The first message of the history, if earlier ones were left out. */
  historyFrom?: string | undefined
  /** What a person has decided, if the run goes on with a paused message. */
  decisions?: readonly Decision[]
  /** What a person has answered, if calls of that message asked. */
  answered?: readonly Answered[]
  /** What the provider wants back with the calls of that message, by step. */
  keptItems?: ReadonlyMap<number, readonly KeptItem[]>
}
