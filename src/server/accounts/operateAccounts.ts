import type { AccountRow } from '../database/accounts/accountRows.ts'
import { findAccount, listAccounts, setDisabled, updateAccount } from '../database/accounts/accounts.ts'
import type { Database } from '../database/database.ts'
import { revokeSessions } from '../database/sessions.ts'
import type { AccountLinks } from './accountLinks.ts'

/** What the operator asked for cannot be done. The message is for the operator. */
export class AccountProblem extends Error {}

export interface OperateOptions {
  database: Pick<Database, 'queries' | 'write'>
  links: Pick<AccountLinks, 'create'>
  now: () => number
}

/** What an operator does with accounts, beside the servers. They learn of ended sessions from the database. */
export function createOperator({ database, links, now }: OperateOptions) {
  async function require(email: string): Promise<AccountRow> {
    const account = await findAccount(database.queries, { email })
    if (!account) throw new AccountProblem(`There is no account with the address ${email}.`)
    return account
  }

  /** A link that makes an account with this address. */
  async function invite(email: string): Promise<string> {
    if (await findAccount(database.queries, { email }))
      throw new AccountProblem(`${email} has an account already. For a new password: reset ${email}`)
    return database.write('power', queries =>
      links.create(queries, { purpose: 'invite', accountId: null, email }),
    )
  }

  /** A link that sets a new password. */
  async function reset(email: string): Promise<string> {
    const { id, disabled_at } = await require(email)
    if (disabled_at !== null) throw new AccountProblem(`${email} is disabled. First: enable ${email}`)
    return database.write('power', queries =>
      links.create(queries, { purpose: 'reset', accountId: id, email }),
    )
  }

  /** Ends all sessions of an account, and lets nobody sign in to it. */
  async function disable(email: string): Promise<void> {
    const { id, owner_id: ownerId } = await require(email)
    await database.write('power', async queries => {
      await setDisabled(queries, { id, at: now() })
      await revokeSessions(queries, { ownerId, at: now(), exceptId: undefined })
    })
  }

  async function enable(email: string): Promise<void> {
    const { id } = await require(email)
    await database.write('power', queries => setDisabled(queries, { id, at: null }))
  }

  async function makeAdmin(email: string): Promise<void> {
    const { id } = await require(email)
    const isDone = await database.write('power', queries => updateAccount(queries, { id }, { role: 'admin' }))
    if (!isDone) throw new AccountProblem(`${email} is disabled. First: enable ${email}`)
  }

  return { invite, reset, disable, enable, makeAdmin, list: () => listAccounts(database.queries) }
}
