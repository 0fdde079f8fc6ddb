import type { Queries } from '../schema.ts'
import type { PasskeyRow } from './accountRows.ts'

const COLUMNS = [
  'id',
  'account_id',
  'credential_id',
  'public_key',
  'rp_id',
  'counter',
  'name',
  'created_at',
  'used_at',
] as const satisfies readonly (keyof PasskeyRow)[]

/** False if somebody has the credential already. */
export async function insertPasskey(queries: Queries, row: PasskeyRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await queries
    .insertInto('passkeys')
    .values(row)
    .onConflict(conflict => conflict.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** The passkeys of an account, the newest first. */
export function listPasskeys(queries: Queries, accountId: string): Promise<PasskeyRow[]> {
  return queries
    .selectFrom('passkeys')
    .select(COLUMNS)
    .where('account_id', '=', accountId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

/** Whose credential an authenticator names. */
export function findPasskey(queries: Queries, credentialId: string): Promise<PasskeyRow | undefined> {
  return queries
    .selectFrom('passkeys')
    .select(COLUMNS)
    .where('credential_id', '=', credentialId)
    .executeTakeFirst()
}

/**
 * Stores that a passkey has signed. False if it is gone, or if it has signed since `counter` was read: whoever has a copy of it must not
 * come in beside its person.
 */
export async function touchPasskey(
  queries: Queries,
  { id, counter }: Pick<PasskeyRow, 'id' | 'counter'>,
  next: { counter: number; used_at: number },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('passkeys')
    .set(next)
    .where('id', '=', id)
    .where('counter', '=', counter)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** False if the account has no such passkey. */
export async function deletePasskey(
  queries: Queries,
  { id, accountId }: { id: string; accountId: string },
): Promise<boolean> {
  const { numDeletedRows } = await queries
    .deleteFrom('passkeys')
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  return numDeletedRows === 1n
}

/** Forgets all passkeys of an account. */
export async function deletePasskeys(queries: Queries, accountId: string): Promise<void> {
  await queries.deleteFrom('passkeys').where('account_id', '=', accountId).execute()
}
