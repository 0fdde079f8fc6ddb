import type { AuditAction } from '../../protocol/admin/adminResponses.ts'
import { RiachoError } from '../../protocol/errors.ts'
import type { AccountRow } from '../database/accounts/accountRows.ts'
import { findAccount, listAccounts, setDisabled, updateAccount } from '../database/accounts/accounts.ts'
import { writeAuditLine } from '../database/administration/audit.ts'
import type { Database } from '../database/database.ts'
import { revokeProofs } from '../database/revokeProofs.ts'
import type { Queries } from '../database/schema.ts'
import type { AccountLinks } from './accountLinks.ts'
import { createInvitations } from './invitations.ts'

/** What the operator asked for cannot be done. The message is for the operator. */
export class AccountProblem extends Error {}

export interface OperateOptions {
  database: Pick<Database, 'queries' | 'write' | 'writeFor'>
  links: Pick<AccountLinks, 'create'>
  createId: () => string
  now: () => number
}

/** What an operator does with accounts, beside the servers. They learn of ended sessions from the database. */
export function createOperator({ database, links, createId, now }: OperateOptions) {
  const invitations = createInvitations({ database, links, createId, steadyTime: now })

  async function require(email: string): Promise<AccountRow> {
    const account = await findAccount(database.queries, { email })
    if (!account) throw new AccountProblem(`There is no account with the address ${email}.`)
    return account
  }

  const audit = (queries: Queries, action: AuditAction, subject: string, detail?: string) =>
    writeAuditLine(queries, { at: now(), actorId: null, action, subject, ...(detail && { detail }) })

  /** A link that makes an account with this address. */
  async function invite(email: string): Promise<string> {
    try {
      return (await invitations.make(null, { email, role: 'member' })).link
    } catch (error) {
      if (!(error instanceof RiachoError) || error.code !== 'EMAIL_TAKEN') throw error
      throw new AccountProblem(`${email} has an account already. For a new password: reset ${email}`)
    }
  }

  /** A link that sets a new password. */
  async function reset(email: string): Promise<string> {
    const { id, owner_id, disabled_at } = await require(email)
    if (disabled_at !== null) throw new AccountProblem(`${email} is disabled. First: enable ${email}`)
    return database.write('power', async queries => {
      await audit(queries, 'account-reset', owner_id)
      return links.create(queries, { purpose: 'reset', accountId: id, email })
    })
  }

  /** Ends all sessions and API keys of an account, and lets nobody sign in to it. */
  async function disable(email: string): Promise<void> {
    const { id, owner_id: ownerId } = await require(email)
    // In a turn of the owner, because a token or a key that is stored meanwhile would outlive it.
    await database.writeFor(ownerId, 'power', async queries => {
      await audit(queries, 'account-disable', ownerId)
      await setDisabled(queries, { id, at: now() })
      await revokeProofs(queries, { ownerId, at: now() })
    })
  }

  async function enable(email: string): Promise<void> {
    const { id, owner_id } = await require(email)
    await database.write('power', async queries => {
      await audit(queries, 'account-enable', owner_id)
      await setDisabled(queries, { id, at: null })
    })
  }

  async function makeAdmin(email: string): Promise<void> {
    const { id, owner_id, role } = await require(email)
    await database.write('power', async queries => {
      if (role !== 'admin') await audit(queries, 'account-role', owner_id, `${role} admin`)
      if (!(await updateAccount(queries, { id }, { role: 'admin' })))
        throw new AccountProblem(`${email} is disabled. First: enable ${email}`)
    })
  }

  return { invite, reset, disable, enable, makeAdmin, list: () => listAccounts(database.queries) }
}
