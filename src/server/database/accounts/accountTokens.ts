import type { Queries } from '../schema.ts'
import type { ChallengePurpose, InvitationColumn, StoredTokenRow, TokenPurpose } from './accountRows.ts'

const COLUMNS = [
  'token_hash',
  'purpose',
  'account_id',
  'email',
  'created_at',
  'expires_at',
  'used_at',
  'id',
  'role',
  'invited_by',
  'revoked_at',
] as const satisfies readonly (keyof StoredTokenRow)[]

const NO_INVITATION: Pick<StoredTokenRow, InvitationColumn> = {
  id: null,
  role: null,
  invited_by: null,
  revoked_at: null,
}

/** Without the columns of an invitation it is another token. */
export async function insertToken(
  queries: Queries,
  row: Omit<StoredTokenRow, InvitationColumn> & Partial<Pick<StoredTokenRow, InvitationColumn>>,
): Promise<void> {
  await queries
    .insertInto('account_tokens')
    .values({ ...NO_INVITATION, ...row })
    .execute()
}

/** A token that can still be used for one of `purposes`. */
export function findToken(
  queries: Queries,
  which: { tokenHash: string; purposes: readonly TokenPurpose[]; now: number },
): Promise<StoredTokenRow | undefined> {
  return queries
    .selectFrom('account_tokens')
    .select(COLUMNS)
    .where('token_hash', '=', which.tokenHash)
    .where('purpose', 'in', which.purposes)
    .where('used_at', 'is', null)
    .where('expires_at', '>', which.now)
    .executeTakeFirst()
}

/** An invitation of this address that can still be used: of several the last one. */
export function findInvitation(
  queries: Queries,
  { email, now }: { email: string; now: number },
): Promise<StoredTokenRow | undefined> {
  return queries
    .selectFrom('account_tokens')
    .select(COLUMNS)
    .where('purpose', '=', 'invite')
    .where('email', '=', email)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .executeTakeFirst()
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
