import { type Insertable, sql } from 'kysely'
import { RUN_ERRORS } from '../../protocol/errors.ts'
import type { Cost, EndStatus, RunEnd, RunStart, Timing, Usage } from '../../protocol/events.ts'
import type { ToldDocument } from '../../protocol/parts.ts'
import { compiled } from './compiled.ts'
import { notDeleted } from './conversations.ts'
import { type Queries, RUN_COLUMNS, type RunRow } from './schema.ts'

/** A run that has ended. Only the run store returns active ones. */
export type EndedRunRow = RunRow & { status: EndStatus }

/** Adds a copy of a run that has ended. */
export async function insertEndedRun(queries: Queries, row: Insertable<EndedRunRow>): Promise<void> {
  await queries.insertInto('runs').values(row).execute()
}

export function findRun(
  queries: Queries,
  { id, ownerId }: { id: string; ownerId: string },
): Promise<RunRow | undefined> {
  return queries
    .selectFrom('runs')
    .select(RUN_COLUMNS)
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .where(notDeleted('runs.conversation_id'))
    .executeTakeFirst()
}

/** The run with this id of the client. If its conversation is deleted, the id is freed for another run. */
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

/** The order in which runs were stored. A `vacuum` may number the rows anew, and keeps their order. */
const ROW = sql.ref('runs.rowid')

/** The run that was started together with its user message. */
export function findFirstRun(queries: Queries, userMessageId: string): Promise<RunRow | undefined> {
  return queries
    .selectFrom('runs')
    .select(RUN_COLUMNS)
    .where('user_message_id', '=', userMessageId)
    .orderBy(ROW)
    .executeTakeFirst()
}

export async function findActiveRun(queries: Queries, conversationId: string): Promise<RunRow | undefined> {
  const { rows } = await selectActive(queries, { conversationId })
  return rows[0]
}

const selectActive = compiled((queries, { conversationId }: { conversationId: string }) =>
  queries
    .selectFrom('runs')
    .select(RUN_COLUMNS)
    .where('conversation_id', '=', conversationId)
    .where('status', '=', 'active'),
)

/** The active runs of an owner. */
export async function listActiveRunIds(queries: Queries, ownerId: string): Promise<string[]> {
  const rows = await queries
    .selectFrom('runs')
    .select('id')
    .where('owner_id', '=', ownerId)
    .where('status', '=', 'active')
    .execute()
  return rows.map(({ id }) => id)
}

/** The last checkpoints of the runs of a conversation that have one. */
export async function listCheckpoints(queries: Queries, conversationId: string): Promise<string[]> {
  const rows = await queries
    .selectFrom('runs')
    .select('checkpoint')
    .where('conversation_id', '=', conversationId)
    .execute()
  return rows.flatMap(({ checkpoint }) => checkpoint ?? [])
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

export function hasEnded(row: RunRow): row is EndedRunRow {
  return row.status !== 'active'
}

/** The end of a run. Throws if the run is active. */
export function toRunEnd(row: RunRow): RunEnd {
  if (!hasEnded(row)) throw new Error(`run ${row.id} has not ended`)
  return {
    status: row.status,
    ...(row.code && { code: row.code, retryable: RUN_ERRORS[row.code].retryable }),
    ...(row.retry_after !== null && { retryAfter: row.retry_after }),
    ...(row.usage && { usage: JSON.parse(row.usage) as Usage }),
    ...(row.timing && { timing: JSON.parse(row.timing) as Timing }),
    ...(row.cost && { cost: JSON.parse(row.cost) as Cost }),
    ...(row.history_from && { historyFrom: row.history_from }),
    ...(row.documents && { documents: JSON.parse(row.documents) as ToldDocument[] }),
  }
}
