import type { Logger } from 'pino'
import { type Clock, repeat } from './server/clock.ts'
import type { Database } from './server/database/database.ts'
import type { Rewriter } from './server/database/sqlite/file/rewriter.ts'
import type { RunStore } from './server/log/runStore.ts'
import { logFault } from './server/logFault.ts'
import type { Services } from './server/services.ts'

const HOUR = 60 * 60 * 1000
/** How often conversations are deleted that are due, and erased that can no longer be restored, in milliseconds. */
const ERASE_INTERVAL = 60_000
/** How often the database does what it needs from time to time, in milliseconds. */
const TIDY_INTERVAL = 60_000
/** How often files are finished that a dead process left, and erased that nobody has, in milliseconds. */
const FILE_INTERVAL = 60_000
/** How often to look for ended runs that nobody has settled, in milliseconds. */
const SETTLE_INTERVAL = 60_000
/** How often to look for what visitors had and that has to move to an account, in milliseconds. */
const MOVE_INTERVAL = 5000
/** How often runs that have ended are put into the figures, in milliseconds. */
const COUNT_INTERVAL = 60_000
/** How often to look whether the database file has to be rewritten, in milliseconds. */
const REWRITE_INTERVAL = 5000

export interface RetentionOptions {
  /** How long the events of an ended run can be replayed. */
  logRetentionHours: number
  logger: Logger
  store: Pick<RunStore, 'deleteOldEvents'>
  services: Pick<
    Services,
    'accounts' | 'deletions' | 'files' | 'keys' | 'retention' | 'runFigures' | 'sessions' | 'spending'
  >
  database: Pick<Database, 'tidy'>
  rewriter: Pick<Rewriter, 'rewriteInTime'> | undefined
  clock: Clock
  steadyTime: () => number
}

/** Deletes what is kept only for a time: old events, ended sessions, deleted conversations, and the copies of them in the file. */
export function startRetention(options: RetentionOptions): { stop(): Promise<void> } {
  const { store, services, database, rewriter, clock, steadyTime, logger, logRetentionHours } = options
  const eventDeletion = repeat(HOUR, clock, () =>
    store
      .deleteOldEvents(steadyTime() - logRetentionHours * HOUR)
      .catch((error: unknown) => logFault(logger, error, { message: 'old events could not be deleted' })),
  )
  const sessionDeletion = repeat(HOUR, clock, () =>
    Promise.all([services.sessions.sweep(), services.keys.sweep(), services.accounts.sweep()])
      .then(() => {})
      .catch((error: unknown) =>
        logFault(logger, error, { message: 'old sessions, API keys and links could not be deleted' }),
      ),
  )
  const tidying = repeat(TIDY_INTERVAL, clock, () =>
    database
      .tidy()
      .catch((error: unknown) => logFault(logger, error, { message: 'the database could not be tidied' })),
  )
  const erasure = repeat(ERASE_INTERVAL, clock, async () => {
    await services.retention
      .sweep()
      .catch((error: unknown) =>
        logFault(logger, error, { message: 'conversations that are due could not be deleted' }),
      )
    await services.deletions
      .sweep()
      .catch((error: unknown) =>
        logFault(logger, error, { message: 'deleted conversations could not be erased' }),
      )
  })
  const { files } = services
  const filing =
    files &&
    repeat(FILE_INTERVAL, clock, () =>
      files
        .sweep()
        .catch((error: unknown) =>
          logFault(logger, error, { message: 'files that nobody has could not be erased' }),
        ),
    )
  const counting = repeat(COUNT_INTERVAL, clock, () =>
    services.runFigures
      .sweep()
      .catch((error: unknown) => logFault(logger, error, { message: 'ended runs could not be counted' })),
  )
  const settling = repeat(SETTLE_INTERVAL, clock, services.spending.settler.settleLeft)
  const moving = repeat(MOVE_INTERVAL, clock, services.accounts.moveLeft)
  const rewriting = rewriter && repeat(REWRITE_INTERVAL, clock, () => rewriter.rewriteInTime())
  return {
    async stop() {
      // First, because the sweep of files is over only when it has read all that it began.
      const closing = files?.close()
      const timers = [eventDeletion, sessionDeletion, tidying, erasure, counting, settling, moving, filing]
      await Promise.all([closing, ...[...timers, rewriting].map(timer => timer?.stop())])
    },
  }
}
