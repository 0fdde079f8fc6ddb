import type { Queries } from '../schema.ts'
import type { LiveQuestionRow } from './toolRows.ts'

/** The most ids of one statement. SQLite takes 32,766. */
const MOST_IDS = 1000

export async function insertLiveQuestion(
  queries: Queries,
  row: Omit<LiveQuestionRow, 'answer'>,
): Promise<void> {
  await queries
    .insertInto('live_questions')
    .values({ ...row, answer: null })
    .execute()
}

export function findLiveQuestion(queries: Queries, id: string): Promise<LiveQuestionRow | undefined> {
  return queries.selectFrom('live_questions').selectAll().where('id', '=', id).executeTakeFirst()
}

/** False if somebody has answered before, or the call asks no more. */
export async function answerLiveQuestion(
  queries: Queries,
  { id, answer }: { id: string; answer: string },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('live_questions')
    .set({ answer })
    .where('id', '=', id)
    .where('answer', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function deleteLiveQuestion(queries: Queries, id: string): Promise<void> {
  await queries.deleteFrom('live_questions').where('id', '=', id).execute()
}

/** Forgets what calls of these runs ask, and calls of runs that have ended: their processes are dead, and nobody waits for an answer. */
export async function forgetLiveQuestions(queries: Queries, runIds: readonly string[]): Promise<void> {
  const active = queries.selectFrom('runs').select('id').where('status', '=', 'active')
  await queries.deleteFrom('live_questions').where('run_id', 'not in', active).execute()
  for (let from = 0; from < runIds.length; from += MOST_IDS)
    await queries
      .deleteFrom('live_questions')
      .where('run_id', 'in', runIds.slice(from, from + MOST_IDS))
      .execute()
}

export async function hasLiveQuestions(queries: Queries): Promise<boolean> {
  return (await queries.selectFrom('live_questions').select('id').limit(1).executeTakeFirst()) !== undefined
}
