import type { Insertable, Updateable } from 'kysely'
import type { RunEnd } from '../../protocol/events.ts'
import { compiled } from './compiled.ts'
import { type Queries, RUN_COLUMNS, type RunRow, type Tables } from './schema.ts'

/** How a run begins, goes on and ends. Only the run store uses this file, because an active run has a log. */

type NewRunRow = Omit<Insertable<Tables['runs']>, 'status' | 'last_seq' | 'resumes'>

export async function insertActiveRun(queries: Queries, row: NewRunRow): Promise<void> {
  await insertRow(queries, row)
}

const insertRow = compiled((queries, row: NewRunRow) =>
  queries.insertInto('runs').values({ ...row, status: 'active', last_seq: 0, resumes: 0 }),
)

export function listActiveRuns(queries: Queries): Promise<RunRow[]> {
  return queries.selectFrom('runs').select(RUN_COLUMNS).where('status', '=', 'active').execute()
}

/** Ends an active run. Returns false if the run had ended or was deleted before. */
export async function endRun(
  queries: Queries,
  { id, end, lastSeq, endedAt }: { id: string; end: RunEnd; lastSeq: number; endedAt: number },
): Promise<boolean> {
  const { numAffectedRows } = await updateEnd(queries, {
    id,
    status: end.status,
    code: end.code ?? null,
    retry_after: end.retryAfter ?? null,
    usage: end.usage ? JSON.stringify(end.usage) : null,
    timing: end.timing ? JSON.stringify(end.timing) : null,
    cost: end.cost ? JSON.stringify(end.cost) : null,
    history_from: end.historyFrom ?? null,
    documents: end.documents ? JSON.stringify(end.documents) : null,
    model: end.model,
    last_seq: lastSeq,
    ended_at: endedAt,
  })
  return numAffectedRows === 1n
}

const updateEnd = compiled((queries, { id, ...ended }: Updateable<Tables['runs']> & { id: string }) =>
  queries.updateTable('runs').set(ended).where('id', '=', id).where('status', '=', 'active'),
)

/** Counts every end that seems to come after `now` as one of now, because the time of day was set back since. */
export async function clampEnds(queries: Queries, now: number): Promise<void> {
  await queries.updateTable('runs').set({ ended_at: now }).where('ended_at', '>', now).execute()
}

/** Stores where the provider can resume, if the run is active. */
export async function saveCheckpoint(
  queries: Queries,
  run: { id: string; checkpoint: string | null },
): Promise<void> {
  await updateCheckpoint(queries, run)
}

const updateCheckpoint = compiled((queries, { id, checkpoint }: { id: string; checkpoint: string | null }) =>
  queries.updateTable('runs').set({ checkpoint }).where('id', '=', id).where('status', '=', 'active'),
)

/** Counts that a later process resumes the run. */
export async function countResume(queries: Queries, id: string): Promise<void> {
  await queries
    .updateTable('runs')
    .set(({ eb }) => ({ resumes: eb('resumes', '+', 1) }))
    .where('id', '=', id)
    .execute()
}
