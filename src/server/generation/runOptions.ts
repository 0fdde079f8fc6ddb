import type { Logger } from 'pino'
import type { Cost, Usage } from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import type { Clock } from '../clock.ts'
import type { EventLog } from '../log/eventLog.ts'
import type { CallsUnderWay } from './callsUnderWay.ts'
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
  /** Reserves a request that comes after calls. Throws with the code of the limit that is reached. If absent, there is none. */
  reserveRequest?: (next: NextRequest) => Promise<void>
}

/** A request of a run, before it is asked, that the transaction did not reserve which accepted the run. */
export interface NextRequest {
  runId: string
  request: ProviderRequest
  /** What the provider has counted of all requests so far. `undefined`: it did not count the last one. */
  counted: { usage: Usage | undefined; cost: Cost | undefined } | undefined
  /** The message so far. */
  parts: readonly Part[]
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
  /** What was under way when the process of this run died. */
  underWay?: CallsUnderWay
}
