import type { Updateable } from 'kysely'
import { dialectOf } from '../dialect.ts'
import type { Queries } from '../schema.ts'
import type { AccountRole, AccountRow } from './accountRows.ts'
import { deleteIdentities } from './identities.ts'
import { deletePasskeys } from './passkeys.ts'

/** Named, because a later version may add columns while nodes of this one run. */
export const ACCOUNT_COLUMNS = [
  'id',
  'owner_id',
  'email',
  'password_hash',
  'name',
  'role',
  'created_at',
  'confirmed_at',
  'disabled_at',
  'signed_in_at',
  'group_id',
] as const satisfies readonly (keyof AccountRow)[]

/** False if the address or the owner has an account already. */
export async function insertAccount(queries: Queries, row: AccountRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await queries
    .insertInto('accounts')
    .values(row)
    .onConflict(conflict => conflict.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

export function findAccount(
  queries: Queries,
  key: { id: string } | { email: string } | { ownerId: string },
): Promise<AccountRow | undefined> {
  const query = queries.selectFrom('accounts').select(ACCOUNT_COLUMNS)
  if ('id' in key) return query.where('id', '=', key.id).executeTakeFirst()
  if ('email' in key) return query.where('email', '=', key.email).executeTakeFirst()
  return query.where('owner_id', '=', key.ownerId).executeTakeFirst()
}

/** All accounts, by their addresses. */
export function listAccounts(queries: Queries): Promise<AccountRow[]> {
  return queries.selectFrom('accounts').select(ACCOUNT_COLUMNS).orderBy('email').execute()
}

/** Whether somebody can administer. */
export async function hasAdmin(queries: Queries): Promise<boolean> {
  const row = await queries
    .selectFrom('accounts')
    .select('id')
    .where('role', '=', 'admin')
    .where('disabled_at', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

/** What has to be true of an account that is changed. */
export interface AccountGuard {
  id: string
  /** As it was when the password was compared. */
  passwordHash?: string | null
  role?: AccountRole
}

/**
 * Changes an account that is not disabled and is as `guard` says. False if there is none. The row stays locked until the
 * transaction ends, so that a sign-in and a new password come one after the other.
 */
export async function updateAccount(
  queries: Queries,
  { id, passwordHash }: AccountGuard,
  change: Updateable<AccountRow>,
): Promise<boolean> {
  let query = queries
    .updateTable('accounts')
    .set(change)
    .where('id', '=', id)
    .where('disabled_at', 'is', null)
  if (passwordHash !== undefined)
    query = query.where('password_hash', passwordHash === null ? 'is' : '=', passwordHash)
  const { numUpdatedRows } = await query.executeTakeFirst()
  return numUpdatedRows === 1n
}

/**
 * As `updateAccount`, with an address. `taken`: another account has it. The transaction cannot go on then. No look beforehand would do,
 * because another transaction may store the address between the look and the change.
 */
export async function updateEmail(
  queries: Queries,
  id: string,
  change: Pick<AccountRow, 'email' | 'confirmed_at'>,
): Promise<'changed' | 'taken' | 'missing'> {
  try {
    return (await updateAccount(queries, { id }, change)) ? 'changed' : 'missing'
  } catch (error) {
    if (dialectOf(queries).isDuplicate(error)) return 'taken'
    throw error
  }
}

/** Disables an account, or lets it sign in again. */
export async function setDisabled(
  queries: Queries,
  { id, at }: { id: string; at: number | null },
): Promise<void> {
  await queries.updateTable('accounts').set({ disabled_at: at }).where('id', '=', id).execute()
}

/** Erases the account of an owner with all that belongs to it. */
export async function eraseAccount(queries: Queries, ownerId: string): Promise<void> {
  const account = await findAccount(queries, { ownerId })
  if (!account) return
  await queries
    .deleteFrom('account_tokens')
    .where(({ eb, or }) => or([eb('account_id', '=', account.id), eb('email', '=', account.email)]))
    .execute()
  await deleteIdentities(queries, account.id)
  await deletePasskeys(queries, account.id)
  await queries.deleteFrom('accounts').where('id', '=', account.id).execute()
}
