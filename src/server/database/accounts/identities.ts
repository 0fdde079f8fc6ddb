import type { Queries } from '../schema.ts'
import type { IdentityRow, LoginRow } from './accountRows.ts'

/** Whom an issuer vouches for: the id of the account. */
export async function findIdentity(
  queries: Queries,
  { issuer, subject }: Pick<IdentityRow, 'issuer' | 'subject'>,
): Promise<string | undefined> {
  const row = await queries
    .selectFrom('account_identities')
    .select('account_id')
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst()
  return row?.account_id
}

/** False if the issuer's person belongs to an account already. */
export async function insertIdentity(queries: Queries, row: IdentityRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await queries
    .insertInto('account_identities')
    .values(row)
    .onConflict(conflict => conflict.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** The issuers that vouch for an account. */
export async function listIssuersOf(queries: Queries, accountId: string): Promise<string[]> {
  const rows = await queries
    .selectFrom('account_identities')
    .select('issuer')
    .distinct()
    .where('account_id', '=', accountId)
    .execute()
  return rows.map(({ issuer }) => issuer)
}

/** Forgets that an issuer vouches for an account. False if it does not. */
export async function deleteIdentitiesAt(
  queries: Queries,
  { issuer, accountId }: { issuer: string; accountId: string },
): Promise<boolean> {
  const { numDeletedRows } = await queries
    .deleteFrom('account_identities')
    .where('issuer', '=', issuer)
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Forgets which issuers vouch for an account. */
export async function deleteIdentities(queries: Queries, accountId: string): Promise<void> {
  await queries.deleteFrom('account_identities').where('account_id', '=', accountId).execute()
}

export async function insertLogin(queries: Queries, row: LoginRow): Promise<void> {
  await queries.insertInto('account_logins').values(row).execute()
}

/** Takes a login that was begun, once. */
export async function takeLogin(
  queries: Queries,
  { key, now }: { key: string; now: number },
): Promise<LoginRow | undefined> {
  const row = await queries
    .deleteFrom('account_logins')
    .where('key', '=', key)
    .returningAll()
    .executeTakeFirst()
  return row && row.expires_at > now ? row : undefined
}

export async function deleteOldLogins(queries: Queries, now: number): Promise<void> {
  await queries.deleteFrom('account_logins').where('expires_at', '<', now).execute()
}
