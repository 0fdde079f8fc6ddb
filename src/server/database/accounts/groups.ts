import { MAX_GROUPS } from '../../../protocol/limits.ts'
import { compiled } from '../compiled.ts'
import type { Queries } from '../schema.ts'
import type { AccountRole, GroupRow } from './accountRows.ts'

/** What a group has of each of its limits. */
export type GroupLimitsRow = Omit<GroupRow, 'id' | 'name' | 'created_at'>

/** Named, because a later version may add columns while nodes of this one run. */
const LIMIT_COLUMNS = [
  'runs_at_once',
  'messages_per_day',
  'tokens_per_day',
  'person_micros',
  'person_tokens',
  'micros',
  'tokens',
] as const satisfies readonly (keyof GroupLimitsRow)[]

const GROUP_COLUMNS = ['id', 'name', 'created_at', ...LIMIT_COLUMNS] as const

/** The role and the group of the account of an owner. */
export interface Spender {
  role: AccountRole
  group: GroupRow | undefined
}

/** `undefined`: the owner has no account. */
export async function findSpender(queries: Queries, ownerId: string): Promise<Spender | undefined> {
  const { rows } = await selectSpender(queries, { ownerId })
  const [row] = rows
  if (!row) return undefined
  const { role, id, name, created_at, ...limits } = row
  const isInGroup = id !== null && name !== null && created_at !== null
  return { role, group: isInGroup ? { id, name, created_at, ...limits } : undefined }
}

const selectSpender = compiled((queries, { ownerId }: { ownerId: string }) =>
  queries
    .selectFrom('accounts')
    .leftJoin('account_groups as groups', 'groups.id', 'accounts.group_id')
    .where('owner_id', '=', ownerId)
    .select([
      'accounts.role',
      'groups.id as id',
      'groups.name as name',
      'groups.created_at as created_at',
      ...LIMIT_COLUMNS.map(name => `groups.${name}` as const),
    ]),
)

/** All groups, by their names. */
export function listGroups(queries: Queries): Promise<GroupRow[]> {
  return queries
    .selectFrom('account_groups')
    .select(GROUP_COLUMNS)
    .orderBy('name')
    .limit(MAX_GROUPS)
    .execute()
}

export function findGroup(queries: Queries, id: string): Promise<GroupRow | undefined> {
  return queries.selectFrom('account_groups').select(GROUP_COLUMNS).where('id', '=', id).executeTakeFirst()
}

/** The first of the groups with these names, in the order of names. */
export function findGroupNamed(queries: Queries, names: readonly string[]): Promise<GroupRow | undefined> {
  if (names.length === 0) return Promise.resolve(undefined)
  return queries
    .selectFrom('account_groups')
    .select(GROUP_COLUMNS)
    .where('name', 'in', [...names])
    .orderBy('name')
    .executeTakeFirst()
}

export async function countGroups(queries: Queries): Promise<number> {
  const { counted } = await queries
    .selectFrom('account_groups')
    .select(({ fn }) => fn.countAll<number>().as('counted'))
    .executeTakeFirstOrThrow()
  return counted
}

/** How many accounts each group has. A group without any is not in the map. */
export async function countMembers(queries: Queries): Promise<Map<string, number>> {
  const rows = await queries
    .selectFrom('accounts')
    .select(({ fn }) => ['group_id', fn.countAll<number>().as('counted')])
    .where('group_id', 'is not', null)
    .groupBy('group_id')
    .execute()
  return new Map(rows.map(({ group_id, counted }) => [group_id ?? '', counted]))
}

/** False if another group has the name. */
export async function insertGroup(queries: Queries, row: GroupRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await queries
    .insertInto('account_groups')
    .values(row)
    .onConflict(conflict => conflict.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** Whether another group has the name. */
export async function isGroupNameTaken(
  queries: Queries,
  { name, exceptId }: { name: string; exceptId: string },
): Promise<boolean> {
  const row = await queries
    .selectFrom('account_groups')
    .select('id')
    .where('name', '=', name)
    .where('id', '!=', exceptId)
    .executeTakeFirst()
  return row !== undefined
}

/** False if there is no such group. */
export async function updateGroup(
  queries: Queries,
  id: string,
  change: Partial<Omit<GroupRow, 'id' | 'created_at'>>,
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('account_groups')
    .set(change)
    .where('id', '=', id)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Deletes a group. Its accounts have none from then on. False if there is no such group. */
export async function deleteGroup(queries: Queries, id: string): Promise<boolean> {
  await queries.updateTable('accounts').set({ group_id: null }).where('group_id', '=', id).execute()
  const { numDeletedRows } = await queries
    .deleteFrom('account_groups')
    .where('id', '=', id)
    .executeTakeFirst()
  return numDeletedRows === 1n
}

export async function setGroup(
  queries: Queries,
  { accountId, groupId }: { accountId: string; groupId: string | null },
): Promise<void> {
  await queries.updateTable('accounts').set({ group_id: groupId }).where('id', '=', accountId).execute()
}
