import type { Queries } from '../schema.ts'
import type { AccountTokenRow, ChallengePurpose, TokenPurpose } from './accountRows.ts'

const COLUMNS = [
  'token_hash',
  'purpose',
  'account_id',
  'email',
  'created_at',
  'expires_at',
  'used_at',
] as const

export async function insertToken(queries: Queries, row: AccountTokenRow): Promise<void> {
  await queries.insertInto('account_tokens').values(row).execute()
}

/** A token that can still be used for one of `purposes`. */
export function findToken(
  queries: Queries,
  which: { tokenHash: string; purposes: readonly TokenPurpose[]; now: number },
): Promise<AccountTokenRow | undefined> {
  return queries
    .selectFrom('account_tokens')
    .select(COLUMNS)
    .where('token_hash', '=', which.tokenHash)
    .where('purpose', 'in', which.purposes)
    .where('used_at', 'is', null)
    .where('expires_at', '>', which.now)
    .executeTakeFirst()
}

/** The hash of an invitation of this address that can still be used. */
export async function findInvitation(
  queries: Queries,
  { email, now }: { email: string; now: number },
): Promise<string | undefined> {
  const row = await queries
    .selectFrom('account_tokens')
    .select('token_hash')
    .where('purpose', '=', 'invite')
    .where('email', '=', email)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row?.token_hash
}

/** Uses a token. False if somebody else was first, or if it has expired. */
export async function spendToken(
  queries: Queries,
  { tokenHash, now }: { tokenHash: string; now: number },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('account_tokens')
    .set({ used_at: now })
    .where('token_hash', '=', tokenHash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Ends the tokens of an account for these purposes, or all tokens for the first administrator. */
export async function endTokens(
  queries: Queries,
  which: ({ accountId: string } | { accountId: null }) & { purposes: readonly TokenPurpose[]; now: number },
): Promise<void> {
  let query = queries
    .updateTable('account_tokens')
    .set({ used_at: which.now })
    .where('purpose', 'in', which.purposes)
    .where('used_at', 'is', null)
  if (which.accountId !== null) query = query.where('account_id', '=', which.accountId)
  await query.execute()
}

const CHALLENGES: readonly TokenPurpose[] = ['add-passkey', 'use-passkey'] satisfies ChallengePurpose[]

/** Deletes links that ended before `linksBefore`, and challenges of passkeys that ended before `now`. */
export async function deleteOldTokens(
  queries: Queries,
  { linksBefore, now }: { linksBefore: number; now: number },
): Promise<void> {
  await queries
    .deleteFrom('account_tokens')
    .where(({ eb, or, and }) =>
      or([
        eb('expires_at', '<', linksBefore),
        and([eb('purpose', 'in', CHALLENGES), eb('expires_at', '<', now)]),
      ]),
    )
    .execute()
}
