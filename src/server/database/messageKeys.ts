import { sql } from 'kysely'
import { compiled } from './compiled.ts'
import { type MessageRow, type Queries, RUN_COLUMNS, type RunRow } from './schema.ts'

/** The place of a message, without its parts. */
export interface MessageKey {
  number: number
  /** Bytes of its parts. */
  size: number
}

/** The number that no message stored so far exceeds. */
export async function lastNumber(queries: Queries): Promise<number> {
  const { rows } = await sql<{ last: number | null }>`select max(number) as last from messages`.execute(
    queries,
  )
  return rows[0]?.last ?? 0
}

/**
 * Messages of a conversation up to number `last`, oldest first, that come after `after`. At most `limit`, and without the
 * message `except`.
 */
export async function listMessageKeys(
  queries: Queries,
  page: {
    conversationId: string
    last: number
    after?: MessageKey | undefined
    limit: number
    except?: string | undefined
  },
): Promise<MessageKey[]> {
  const { conversationId, last, limit, except = '', after = { number: 0 } } = page
  const { rows } = await sql<MessageKey>`
    select number, octet_length(parts) as size from messages
    where conversation_id = ${conversationId} and number <= ${last} and number > ${after.number}
      and id <> ${except}
    order by number limit ${limit}`.execute(queries)
  return rows
}

/**
 * The message and those above it, newest first, in one conversation. Ends after `limit` messages, or once their sizes
 * add up to `maxSize`. `parentId` is that of the last one: the next call continues there.
 */
export async function listBranchKeys(
  queries: Queries,
  page: { conversationId: string; messageId: string; limit: number; maxSize?: number },
): Promise<{ keys: MessageKey[]; parentId: string | null }> {
  const { maxSize = Number.MAX_SAFE_INTEGER } = page
  const { rows } = await selectBranch(queries, { ...page, maxSize })
  return { keys: rows, parentId: rows.at(-1)?.parent_id ?? null }
}

interface BranchPage {
  conversationId: string
  messageId: string
  limit: number
  maxSize: number
}

const selectBranch = compiled((queries, { conversationId, messageId, limit, maxSize }: BranchPage) => {
  const query = sql<MessageKey & { parent_id: string | null }>`
    with recursive branch (number, size, parent_id, total, place) as (
      select number, octet_length(parts), parent_id, cast(octet_length(parts) as bigint), 1 from messages
        where id = ${messageId} and conversation_id = ${conversationId}
      union all
      select above.number, octet_length(above.parts), above.parent_id,
        total + octet_length(above.parts), place + 1
        from branch join messages as above on above.id = branch.parent_id
        where total < ${maxSize} and place < ${limit} and above.conversation_id = ${conversationId}
    )
    select number, size, parent_id from branch order by place`
  return { compile: () => query.compile(queries) }
})

/** The messages of these keys that still exist, in the order of the keys. */
export async function findMessages(queries: Queries, keys: readonly MessageKey[]): Promise<MessageRow[]> {
  const numbers = keys.map(({ number }) => number)
  const rows = await rowsOf(queries, numbers)
  const rowByNumber = new Map(rows.map(({ number, ...row }) => [number, row]))
  return numbers.flatMap(number => rowByNumber.get(number) ?? [])
}

/** The rows of messages, in any order. */
async function rowsOf(queries: Queries, numbers: readonly number[]) {
  const [only] = numbers
  if (only !== undefined && numbers.length === 1) return (await selectOne(queries, { only })).rows
  return queries.selectFrom('messages').selectAll().where('number', 'in', numbers).execute()
}

/** The first message of a conversation is alone. */
const selectOne = compiled((queries, { only }: { only: number }) =>
  queries.selectFrom('messages').selectAll().where('number', '=', only),
)

/** As `findMessages`, each message with the run that wrote it. */
export async function findMessagesWithRuns(
  queries: Queries,
  keys: readonly MessageKey[],
): Promise<{ row: MessageRow; run: RunRow | undefined }[]> {
  const rows = await findMessages(queries, keys)
  const runIds = rows.flatMap(({ run_id }) => run_id ?? [])
  const runs = runIds.length
    ? await queries.selectFrom('runs').select(RUN_COLUMNS).where('id', 'in', runIds).execute()
    : []
  const runById = new Map(runs.map(run => [run.id, run]))
  return rows.map(row => ({ row, run: runById.get(row.run_id ?? '') }))
}
