import { compiled } from './compiled.ts'
import type { PauseRow, Queries, ToolGrantRow } from './schema.ts'

/** Stores what a run waits for. The same run may store it again, before its end is stored. */
export async function insertPause(
  queries: Queries,
  { run_id, conversation_id, requests, kept }: Omit<PauseRow, 'answered_by' | 'declined'>,
): Promise<void> {
  await queries
    .insertInto('pauses')
    .values({ run_id, conversation_id, requests, kept, answered_by: null, declined: 0 })
    .onConflict(conflict => conflict.column('run_id').doUpdateSet({ requests, kept }))
    .execute()
}

export async function findPause(queries: Queries, runId: string): Promise<PauseRow | undefined> {
  return queries.selectFrom('pauses').selectAll().where('run_id', '=', runId).executeTakeFirst()
}

/** Lets the run `answeredBy` go on where `runId` paused. False if somebody has decided before. */
export async function answerPause(
  queries: Queries,
  { runId, answeredBy }: { runId: string; answeredBy: string },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('pauses')
    .set({ answered_by: answeredBy })
    .where('run_id', '=', runId)
    .where('answered_by', 'is', null)
    .where('declined', '=', 0)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Nobody can decide any more what waits in a conversation. */
export async function declinePauses(queries: Queries, conversationId: string): Promise<void> {
  await updateDeclined(queries, { conversationId })
}

const updateDeclined = compiled((queries, { conversationId }: { conversationId: string }) =>
  queries
    .updateTable('pauses')
    .set({ declined: 1 })
    .where('conversation_id', '=', conversationId)
    .where('answered_by', 'is', null)
    // Each message of the conversation would write the row again.
    .where('declined', '=', 0),
)

/** The tools that are always approved in a conversation. */
export async function listGrants(queries: Queries, conversationId: string): Promise<ToolGrantRow[]> {
  return queries.selectFrom('tool_grants').selectAll().where('conversation_id', '=', conversationId).execute()
}

/** Approves a tool in a conversation from now on, as long as it has this digest. */
export async function storeGrant(queries: Queries, grant: ToolGrantRow): Promise<void> {
  const { digest } = grant
  await queries
    .insertInto('tool_grants')
    .values(grant)
    .onConflict(conflict => conflict.columns(['conversation_id', 'tool']).doUpdateSet({ digest }))
    .execute()
}
