import type { Insertable } from 'kysely'
import { RUN_ERRORS } from '../../protocol/errors.ts'
import type { Cost, RunEnd, RunStart, Timing, Usage } from '../../protocol/events.ts'
import { notDeleted } from './conversations.ts'
import type { Queries, RunRow } from './schema.ts'

export async function insertRun(queries: Queries, row: Insertable<RunRow>): Promise<void> {
  await queries.insertInto('runs').values(row).execute()
}

export function findRun(
  queries: Queries,
  { id, ownerId }: { id: string; ownerId: string },
): Promise<RunRow | undefined> {
  return queries
    .selectFrom('runs')
    .selectAll()
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .where(notDeleted('runs.conversation_id'))
    .executeTakeFirst()
}

/** The run that a client gave this id. One in a deleted conversation gives it up: the id can be used again. */
export async function claimClientRunId(
  queries: Queries,
  { clientRunId, ownerId }: { clientRunId: string; ownerId: string },
): Promise<RunRow | undefined> {
  const known = await queries
    .selectFrom('runs')
    .select('id')
    .where('owner_id', '=', ownerId)
    .where('client_run_id', '=', clientRunId)
    .executeTakeFirst()
  if (!known) return undefined
  const run = await findRun(queries, { id: known.id, ownerId })
  if (!run)
    await queries.updateTable('runs').set({ client_run_id: null }).where('id', '=', known.id).execute()
  return run
}

/** The run that was started together with its user message. */
export function findFirstRun(queries: Queries, userMessageId: string): Promise<RunRow | undefined> {
  return queries
    .selectFrom('runs')
    .selectAll()
    .where('user_message_id', '=', userMessageId)
    .orderBy('started_at')
    .orderBy('id')
    .executeTakeFirst()
}

export function findActiveRun(queries: Queries, conversationId: string): Promise<RunRow | undefined> {
  return queries
    .selectFrom('runs')
    .selectAll()
    .where('conversation_id', '=', conversationId)
    .where('status', '=', 'active')
    .executeTakeFirst()
}

export function listRuns(queries: Queries, conversationId: string): Promise<RunRow[]> {
  return queries.selectFrom('runs').selectAll().where('conversation_id', '=', conversationId).execute()
}

export function listActiveRuns(queries: Queries): Promise<RunRow[]> {
  return queries.selectFrom('runs').selectAll().where('status', '=', 'active').execute()
}

/** Claims the end of a run; false when it had ended, or been deleted, before. */
export async function endRun(
  queries: Queries,
  { id, end, lastSeq, endedAt }: { id: string; end: RunEnd; lastSeq: number; endedAt: number },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('runs')
    .set({
      status: end.status,
      code: end.code ?? null,
      retry_after: end.retryAfter ?? null,
      usage: end.usage ? JSON.stringify(end.usage) : null,
      timing: end.timing ? JSON.stringify(end.timing) : null,
      cost: end.cost ? JSON.stringify(end.cost) : null,
      last_seq: lastSeq,
      ended_at: endedAt,
    })
    .where('id', '=', id)
    .where('status', '=', 'active')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Keeps where the provider can go on from, while the run is active. */
export async function saveCheckpoint(
  queries: Queries,
  { id, checkpoint }: { id: string; checkpoint: string | null },
): Promise<void> {
  await queries
    .updateTable('runs')
    .set({ checkpoint })
    .where('id', '=', id)
    .where('status', '=', 'active')
    .execute()
}

/** What the provider told last of each run of a conversation: by it, it knows the reply that it keeps. */
export async function listCheckpoints(queries: Queries, conversationId: string): Promise<string[]> {
  const rows = await queries
    .selectFrom('runs')
    .select('checkpoint')
    .where('conversation_id', '=', conversationId)
    .execute()
  return rows.flatMap(({ checkpoint }) => checkpoint ?? [])
}

/** Counts that a later process goes on with the run. */
export async function countResume(queries: Queries, id: string): Promise<void> {
  await queries
    .updateTable('runs')
    .set(({ eb }) => ({ resumes: eb('resumes', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

export function toRunStart(row: RunRow): RunStart {
  return {
    runId: row.id,
    conversationId: row.conversation_id,
    userMessageId: row.user_message_id,
    messageId: row.message_id,
    model: row.model,
    assistant: row.assistant,
  }
}

/** The end of a run that has one. */
export function toRunEnd(row: RunRow): RunEnd {
  if (row.status === 'active') throw new Error(`run ${row.id} has not ended`)
  return {
    status: row.status,
    ...(row.code && { code: row.code, retryable: RUN_ERRORS[row.code].retryable }),
    ...(row.retry_after !== null && { retryAfter: row.retry_after }),
    ...(row.usage && { usage: JSON.parse(row.usage) as Usage }),
    ...(row.timing && { timing: JSON.parse(row.timing) as Timing }),
    ...(row.cost && { cost: JSON.parse(row.cost) as Cost }),
  }
}
