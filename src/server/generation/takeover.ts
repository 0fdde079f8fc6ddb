import type { Logger } from 'pino'
import type { Database } from '../database/open.ts'
import { countResume, listActiveRuns, toRunStart } from '../database/runs.ts'
import type { RunRow } from '../database/schema.ts'
import type { LogWrite, StoredEvents } from '../log/eventLog.ts'
import type { LogStore } from '../log/logStore.ts'
import type { Runs } from './activeRuns.ts'

/** How often processes may go on with one run: a reply that brings its process down must not do so for ever. */
const MAX_RESUMES = 3
/**
 * A power loss may have cost events that a reader has seen. Their numbers are not given again: whoever comes back from
 * before the jump gets a snapshot.
 */
const SEQ_JUMP = 1000

export interface RecoveryOptions {
  database: Database
  store: LogStore
  runs: Runs
  logger: Logger
  /** Whether the provider keeps replies that it can go on with. */
  canResume: boolean
}

export interface Recovery {
  interrupted: number
  resumed: number
  /** Goes on with what the provider kept. Apart, so that a process that cannot listen takes no try from a reply. */
  resume(): Promise<void>
}

/**
 * Sees to every run that the last process left active, before the server listens: where the provider kept the reply,
 * opens its log again; else ends it as `interrupted`, with its stored text as the message. So nobody ever sees a run that
 * nothing writes.
 */
export async function recoverRuns(options: RecoveryOptions): Promise<Recovery> {
  const { database, store, logger, canResume } = options
  const interrupted: LogWrite[] = []
  const resumptions: (() => Promise<void>)[] = []
  for (const row of await listActiveRuns(database.queries)) {
    const stored = await store.read(row.id)
    if (canResume && row.checkpoint !== null && row.resumes < MAX_RESUMES) {
      resumptions.push(prepareResumption(options, row, stored))
    } else interrupted.push(interruption(row, stored))
  }
  if (interrupted.length > 0) await store.commit(interrupted, 'power')
  const counts = { interrupted: interrupted.length, resumed: resumptions.length }
  if (counts.interrupted + counts.resumed > 0) logger.info(counts, 'replies of the last process were kept')
  return {
    ...counts,
    async resume() {
      for (const resumption of resumptions) await resumption()
    },
  }
}

function prepareResumption(
  { database, runs }: RecoveryOptions,
  row: RunRow,
  { parts, lastSeq }: StoredEvents,
): () => Promise<void> {
  const stored = { parts, lastSeq: lastSeq + SEQ_JUMP }
  const run = runs.prepare({
    ownerId: row.owner_id,
    start: toRunStart(row),
    startedAt: row.started_at,
    stored,
  })
  return async () => {
    await database.write('power', queries => countResume(queries, row.id))
    run.resume({ checkpoint: row.checkpoint ?? '', parts })
  }
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
