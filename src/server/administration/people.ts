import type { ChangeAccountRequest, PeopleQuery } from '../../protocol/adminRequests.ts'
import type {
  AdminAccount,
  AdminAccountResponse,
  AdminPeopleResponse,
  AdminPerson,
} from '../../protocol/adminResponses.ts'
import { RiachoError } from '../../protocol/errors.ts'
import type { KnownProofs } from '../access/knownTokens.ts'
import { decodeCursor, encodeCursor } from '../conversations/pageCursor.ts'
import type { AccountRow } from '../database/accounts/accountRows.ts'
import { findAccount, hasAdmin, setDisabled } from '../database/accounts/accounts.ts'
import { type Audited, writeAuditLine } from '../database/administration/audit.ts'
import {
  countConversations,
  lastUses,
  listAccountsByEmail,
  listAccountsOf,
  listOwnerIds,
  lockAdministrators,
  setRole,
} from '../database/administration/people.ts'
import { readOwnerMonths } from '../database/administration/runFigures.ts'
import type { Database } from '../database/database.ts'
import { revokeProofs } from '../database/revokeProofs.ts'
import type { OwnerMonthRow, Queries } from '../database/schema.ts'
import type { TokenChange } from '../database/tokenChange.ts'
import { moneyOf } from '../spending/estimates.ts'
import { monthOf } from '../spending/periods.ts'

export interface PeopleOptions {
  database: Pick<Database, 'queries' | 'writeFor'>
  /** Puts what has ended into the figures. */
  count: () => Promise<void>
  currency: string
  proofs: KnownProofs
  /** The time that all nodes share. */
  steadyTime: () => number
  /** The time of day. */
  now: () => number
}

/** The last owner, or the last address, of a page. */
const CURSOR = /^(.+)$/s

/** Lists who uses Riacho, and lets administrators change accounts. No word of a conversation is read. */
export function createPeople(options: PeopleOptions) {
  const { database, count, currency, proofs, steadyTime, now } = options
  const { queries } = database

  /** The newest owners first. With `email`: the accounts whose addresses begin so, in the order of these. */
  async function list({ cursor, limit, email }: PeopleQuery): Promise<AdminPeopleResponse> {
    await count()
    const after = cursor === undefined ? undefined : decodeCursor(cursor, CURSOR)[0]
    if (email !== undefined) {
      const rows = await listAccountsByEmail(queries, { prefix: email, after, limit: limit + 1 })
      const page = rows.slice(0, limit)
      const last = rows.length > limit ? page.at(-1) : undefined
      const people = await describe(page.map(({ owner_id }) => owner_id))
      return { people, nextCursor: last ? encodeCursor([last.email]) : null }
    }
    const ownerIds = await listOwnerIds(queries, { before: after, limit: limit + 1 })
    const page = ownerIds.slice(0, limit)
    const last = ownerIds.length > limit ? page.at(-1) : undefined
    return { people: await describe(page), nextCursor: last ? encodeCursor([last]) : null }
  }

  async function describe(ownerIds: readonly string[]): Promise<AdminPerson[]> {
    const [accounts, months, uses] = await Promise.all([
      listAccountsOf(queries, { ownerIds }),
      readOwnerMonths(queries, { ownerIds, month: monthOf(steadyTime()) }),
      lastUses(queries, ownerIds),
    ])
    const accountOf = new Map(accounts.map(account => [account.owner_id, account]))
    const monthOfOwner = new Map(months.map(month => [month.owner_id, month]))
    return Promise.all(
      ownerIds.map(async ownerId => ({
        ...personOf(ownerId, { account: accountOf.get(ownerId), month: monthOfOwner.get(ownerId), currency }),
        conversations: await countConversations(queries, ownerId),
        seenAt: uses.get(ownerId) ?? null,
      })),
    )
  }

  /** Changes an account. A disabled one has no session left. Throws `NOT_FOUND`, `LAST_ADMIN`. */
  async function changeAccount(
    actorId: string,
    accountId: string,
    { isDisabled, role }: ChangeAccountRequest,
  ): Promise<AdminAccountResponse> {
    const known = await findAccount(queries, { id: accountId })
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

  return { list, changeAccount, revokeSessionsOf }
}

async function requireAccount(queries: Queries, id: string): Promise<AccountRow> {
  const account = await findAccount(queries, { id })
  if (!account) throw new RiachoError('NOT_FOUND')
  return account
}

function personOf(
  ownerId: string,
  {
    account,
    month,
    currency,
  }: { account: AccountRow | undefined; month: OwnerMonthRow | undefined; currency: string },
): Omit<AdminPerson, 'conversations' | 'seenAt'> {
  return {
    ownerId,
    kind: account ? 'account' : ownerId.startsWith('host:') ? 'host' : 'visitor',
    account: account ? toAdminAccount(account) : null,
    tokens: month?.tokens ?? 0,
    cost: { amount: moneyOf(month?.micros ?? 0), currency },
  }
}

function toAdminAccount(account: AccountRow): AdminAccount {
  const { id, email, name, role, disabled_at: disabledAt, created_at: createdAt } = account
  return { id, email, name, role, disabledAt, createdAt }
}
