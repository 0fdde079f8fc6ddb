import type { ChangeAccountRequest } from '../../protocol/admin/adminRequests.ts'
import type { AdminAccount, AdminAccountResponse } from '../../protocol/admin/adminResponses.ts'
import { RiachoError } from '../../protocol/errors.ts'
import type { KnownProofs } from '../access/knownTokens.ts'
import type { AccountRow } from '../database/accounts/accountRows.ts'
import { findAccount, hasAdmin, setDisabled } from '../database/accounts/accounts.ts'
import { findGroup, setGroup } from '../database/accounts/groups.ts'
import { type Audited, writeAuditLine } from '../database/administration/audit.ts'
import { lockAdministrators, setRole } from '../database/administration/people.ts'
import type { Database } from '../database/database.ts'
import { revokeProofs } from '../database/revokeProofs.ts'
import type { Queries } from '../database/schema.ts'
import type { TokenChange } from '../database/tokenChange.ts'

export interface ChangeAccountsOptions {
  database: Pick<Database, 'queries' | 'writeFor'>
  proofs: KnownProofs
  /** The time that all nodes share. */
  steadyTime: () => number
  /** The time of day. */
  now: () => number
}

/** Changes accounts, each change with its line of the audit. */
export function createChangeAccounts({ database, proofs, steadyTime, now }: ChangeAccountsOptions) {
  /** Changes an account. A disabled one has no session left. Throws `NOT_FOUND`, `LAST_ADMIN`. */
  async function changeAccount(
    actorId: string,
    accountId: string,
    { isDisabled, role, groupId }: ChangeAccountRequest,
  ): Promise<AdminAccountResponse> {
    const known = await findAccount(database.queries, { id: accountId })
    if (!known) throw new RiachoError('NOT_FOUND')
    let ended: TokenChange[] = []
    const account = await database.writeFor(known.owner_id, 'power', async tx => {
      ended = []
      await lockAdministrators(tx)
      const before = await requireAccount(tx, accountId)
      if (role !== undefined && role !== before.role) {
        await setRole(tx, { id: accountId, role })
        await audit(tx, { actorId, action: 'account-role', before, detail: `${before.role} ${role}` })
      }
      if (groupId !== undefined && groupId !== before.group_id) {
        const group = groupId === null ? undefined : await findGroup(tx, groupId)
        if (groupId !== null && !group) throw new RiachoError('NOT_FOUND', 'no such group')
        await setGroup(tx, { accountId, groupId })
        await audit(tx, { actorId, action: 'account-group', before, ...(group && { detail: group.name }) })
      }
      if (isDisabled !== undefined && isDisabled !== (before.disabled_at !== null)) {
        await setDisabled(tx, { id: accountId, at: isDisabled ? now() : null })
        await audit(tx, { actorId, action: isDisabled ? 'account-disable' : 'account-enable', before })
        if (isDisabled) ended = await revokeAll(tx, before.owner_id)
      }
      if (!(await hasAdmin(tx))) throw new RiachoError('LAST_ADMIN')
      return requireAccount(tx, accountId)
    })
    proofs.learn(ended)
    return { account: toAdminAccount(account) }
  }

  /** Signs an owner out everywhere. */
  async function revokeSessionsOf(actorId: string, ownerId: string): Promise<void> {
    const ended = await database.writeFor(ownerId, 'power', async tx => {
      const changes = await revokeAll(tx, ownerId)
      if (changes.length > 0)
        await writeAuditLine(tx, { at: steadyTime(), actorId, action: 'sessions-revoke', subject: ownerId })
      return changes
    })
    proofs.learn(ended)
  }

  function revokeAll(tx: Queries, ownerId: string): Promise<TokenChange[]> {
    return revokeProofs(tx, { ownerId, at: steadyTime() })
  }

  async function audit(
    tx: Queries,
    { before, ...line }: Omit<Audited, 'at' | 'subject'> & { before: AccountRow },
  ): Promise<void> {
    await writeAuditLine(tx, { ...line, at: steadyTime(), subject: before.owner_id })
  }

  return { changeAccount, revokeSessionsOf }
}

async function requireAccount(queries: Queries, id: string): Promise<AccountRow> {
  const account = await findAccount(queries, { id })
  if (!account) throw new RiachoError('NOT_FOUND')
  return account
}

export function toAdminAccount(account: AccountRow): AdminAccount {
  const { id, email, name, role, group_id: groupId } = account
  return {
    id,
    email,
    name,
    role,
    disabledAt: account.disabled_at,
    groupId,
    createdAt: account.created_at,
  }
}
