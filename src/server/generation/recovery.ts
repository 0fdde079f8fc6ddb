import type { Logger } from 'pino'
import { DEFAULT_LOCALE } from '../../protocol/locale.ts'
import type { Database } from '../database/open.ts'
import { countResume, listActiveRuns, toRunStart } from '../database/runs.ts'
import type { RunRow } from '../database/schema.ts'
import type { LogWrite, StoredEvents } from '../log/eventLog.ts'
import type { LogStore } from '../log/logStore.ts'
import type { Runs } from './runs.ts'

/** How often processes may go on with one run: a reply that brings its process down must not do so for ever. */
const MAX_RESUMES = 3

export interface RecoveryOptions {
  database: Database
  store: LogStore
  runs: Runs
  logger: Logger
  /** Whether the provider keeps replies that it can go on with. */
  canResume: boolean
}

/**
 * Sees to every run that the last process left active, before the server listens: where the provider kept the reply,
 * goes on with it; else ends it as `interrupted`, with its stored text as the message. So nobody ever sees a run that
 * nothing writes.
 */
export async function recoverRuns(
  options: RecoveryOptions,
): Promise<{ interrupted: number; resumed: number }> {
  const { database, store, logger, canResume } = options
  const interrupted: LogWrite[] = []
  let resumed = 0
  for (const row of await listActiveRuns(database.queries)) {
    const stored = await store.read(row.id)
    if (canResume && row.checkpoint !== null && row.resumes < MAX_RESUMES) {
      await resume(options, row, stored)
      resumed++
    } else interrupted.push(interruption(row, stored))
  }
  if (interrupted.length > 0) await store.commit(interrupted, 'power')
  const counts = { interrupted: interrupted.length, resumed }
  if (counts.interrupted + resumed > 0) logger.info(counts, 'replies of the last process were kept')
  return counts
}

async function resume({ database, runs }: RecoveryOptions, row: RunRow, stored: StoredEvents): Promise<void> {
  await database.write('power', queries => countResume(queries, row.id))
  runs
    .prepare({ ownerId: row.owner_id, start: toRunStart(row), stored })
    .start(
      { model: row.model, instructions: '', history: [], locale: DEFAULT_LOCALE },
      { checkpoint: row.checkpoint ?? '', parts: stored.parts },
    )
}

function interruption(row: RunRow, { parts, lastSeq }: StoredEvents): LogWrite {
  return {
    ownerId: row.owner_id,
    start: toRunStart(row),
    end: {
      event: { status: 'interrupted', code: 'REPLY_INTERRUPTED', retryable: true },
      seq: lastSeq + 1,
      parts: [...parts],
    },
  }
}
