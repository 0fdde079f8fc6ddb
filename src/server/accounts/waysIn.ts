import { RiachoError } from '../../protocol/errors.ts'
import { findAccount } from '../database/accounts/accounts.ts'
import { listIssuersOf } from '../database/accounts/identities.ts'
import { listPasskeys } from '../database/accounts/passkeys.ts'
import type { Queries } from '../database/schema.ts'

/**
 * Throws `LAST_WAY_IN` if nobody can sign in to the account any more: by a password, a passkey, or one of `issuers`. Call it in a turn of
 * the owner, after the change, so that two changes at once cannot take the last two ways.
 */
export async function requireWayIn(
  queries: Queries,
  { accountId, issuers }: { accountId: string; issuers: readonly string[] },
): Promise<void> {
  const account = await findAccount(queries, { id: accountId })
  if (account?.password_hash !== null) return
  if ((await listPasskeys(queries, accountId)).length > 0) return
  if ((await listIssuersOf(queries, accountId)).some(issuer => issuers.includes(issuer))) return
  throw new RiachoError('LAST_WAY_IN')
}
