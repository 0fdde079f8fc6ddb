import { sql } from 'kysely'
import { MOST_COUNTED } from '../../../protocol/limits.ts'
import type { AccountRole, AccountRow } from '../accounts/accountRows.ts'
import { ACCOUNT_COLUMNS } from '../accounts/accounts.ts'
import { dialectOf } from '../dialect.ts'
import type { Queries } from '../schema.ts'

/**
 * The owners before `before` that have a conversation or an account, in the reverse order of their ids. Each owner costs
 * one look into an index, however many conversations there are.
 */
export async function listOwnerIds(
  queries: Queries,
  { before, limit }: { before: string | undefined; limit: number },
): Promise<string[]> {
  const [writing, signedUp] = await Promise.all([
    ownersOf(queries, { table: 'conversations', before, limit }),
    ownersOf(queries, { table: 'accounts', before, limit }),
  ])
  return [...new Set([...writing, ...signedUp])].sort().reverse().slice(0, limit)
}

/** `after`: what sorts after every id. */
const AFTER_ALL = '\u{10FFFF}'

async function ownersOf(
  queries: Queries,
  {
    table,
    before = AFTER_ALL,
    limit,
  }: { table: 'conversations' | 'accounts'; before?: string | undefined; limit: number },
): Promise<string[]> {
  const counted = table === 'conversations' ? sql`and deleted_at is null` : sql``
  // PostgreSQL takes `max` of an indexed column from the end of the index, as SQLite does.
  const next = (than: ReturnType<typeof sql>) =>
    sql`select max(owner_id) from ${sql.table(table)} where owner_id < ${than} ${counted}`
  const { rows } = await sql<{ owner_id: string }>`
    with recursive owners (owner_id, place) as (
      select (${next(sql`${before}`)}), 1
      union all
      select (${next(sql`owners.owner_id`)}), place + 1 from owners where owner_id is not null and place < ${limit})
    select owner_id from owners where owner_id is not null`.execute(queries)
  return rows.map(({ owner_id }) => owner_id)
}

/** How many conversations each of these owners has, up to `MOST_COUNTED`, by one query. */
export async function countConversations(
  queries: Queries,
  ownerIds: readonly string[],
): Promise<Map<string, number>> {
  if (ownerIds.length === 0) return new Map()
  const owners = sql.join(ownerIds.map(ownerId => sql`(${ownerId})`))
  const { rows } = await sql<{ owner_id: string; counted: number }>`
    with owners (owner_id) as (values ${owners})
    select owner_id, (select count(*) from (
      select 1 from conversations where conversations.owner_id = owners.owner_id and deleted_at is null
      limit ${sql.lit(MOST_COUNTED)}) as some_of_them) as counted
    from owners`.execute(queries)
  return new Map(rows.map(({ owner_id, counted }) => [owner_id, counted]))
}

/** When sessions of these owners were used last. Who has none is not in the map. */
export async function lastUses(queries: Queries, ownerIds: readonly string[]): Promise<Map<string, number>> {
  if (ownerIds.length === 0) return new Map()
  const rows = await queries
    .selectFrom('sessions')
    .select(({ fn }) => ['owner_id', fn.max('used_at').as('used_at')])
    .where('owner_id', 'in', [...ownerIds])
    .groupBy('owner_id')
    .execute()
  return new Map(rows.map(({ owner_id, used_at }) => [owner_id, used_at]))
}

/** The accounts of these owners, or with these ids. */
export async function listAccountsOf(
  queries: Queries,
  of: { ownerIds: readonly string[] } | { ids: readonly string[] },
): Promise<AccountRow[]> {
  const [column, values] = 'ids' in of ? (['id', of.ids] as const) : (['owner_id', of.ownerIds] as const)
  if (values.length === 0) return []
  return queries
    .selectFrom('accounts')
    .select(ACCOUNT_COLUMNS)
    .where(column, 'in', [...new Set(values)])
    .execute()
}

/** The accounts whose addresses begin with `prefix`, after the address `after`, in the order of addresses. */
export function listAccountsByEmail(
  queries: Queries,
  { prefix, after, limit }: { prefix: string; after: string | undefined; limit: number },
): Promise<AccountRow[]> {
  return queries
    .selectFrom('accounts')
    .select(ACCOUNT_COLUMNS)
    .where('email', '>=', prefix)
    .where('email', '<', prefix + AFTER_ALL)
    .$if(after !== undefined, query => query.where('email', '>', after ?? ''))
    .orderBy('email')
    .limit(limit)
    .execute()
}

/** Makes others wait who change who administers, so that two cannot take the role from each other at once. */
export async function lockAdministrators(queries: Queries): Promise<void> {
  if (!dialectOf(queries).locksRows) return
  await queries
    .selectFrom('accounts')
    .select('id')
    .where('role', '=', 'admin')
    .orderBy('id')
    .forUpdate()
    .execute()
}

export async function setRole(
  queries: Queries,
  { id, role }: { id: string; role: AccountRole },
): Promise<void> {
  await queries.updateTable('accounts').set({ role }).where('id', '=', id).execute()
}
