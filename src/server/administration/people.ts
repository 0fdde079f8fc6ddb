import type { PeopleQuery } from '../../protocol/admin/adminRequests.ts'
import type { AdminPeopleResponse, AdminPerson } from '../../protocol/admin/adminResponses.ts'
import { decodeCursor, encodeCursor } from '../conversations/pageCursor.ts'
import type { AccountRow } from '../database/accounts/accountRows.ts'
import type { OwnerMonthRow } from '../database/administration/administrationRows.ts'
import {
  countConversations,
  lastUses,
  listAccountsByEmail,
  listAccountsOf,
  listOwnerIds,
} from '../database/administration/people.ts'
import { readOwnerMonths } from '../database/administration/runFigures.ts'
import type { Database } from '../database/database.ts'
import { moneyOf } from '../spending/estimates.ts'
import { monthOf } from '../spending/periods.ts'
import { toAdminAccount } from './changeAccounts.ts'

export interface PeopleOptions {
  database: Pick<Database, 'queries'>
  /** Puts what has ended into the figures. */
  count: () => Promise<void>
  currency: string
  /** Whether administrators can read conversations. */
  canRead: boolean
  /** The time that all nodes share. */
  steadyTime: () => number
}

/** The last owner, or the last address, of a page. */
const CURSOR = /^(.+)$/s

/** Lists who uses Riacho. No word of a conversation is read. */
export function createPeople(options: PeopleOptions) {
  const { database, count, currency, canRead, steadyTime } = options
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
      return { people, canRead, nextCursor: last ? encodeCursor([last.email]) : null }
    }
    const ownerIds = await listOwnerIds(queries, { before: after, limit: limit + 1 })
    const page = ownerIds.slice(0, limit)
    const last = ownerIds.length > limit ? page.at(-1) : undefined
    return { people: await describe(page), canRead, nextCursor: last ? encodeCursor([last]) : null }
  }

  async function describe(ownerIds: readonly string[]): Promise<AdminPerson[]> {
    const [accounts, months, uses, counts] = await Promise.all([
      listAccountsOf(queries, { ownerIds }),
      readOwnerMonths(queries, { ownerIds, month: monthOf(steadyTime()) }),
      lastUses(queries, ownerIds),
      countConversations(queries, ownerIds),
    ])
    const accountOf = new Map(accounts.map(account => [account.owner_id, account]))
    const monthOfOwner = new Map(months.map(month => [month.owner_id, month]))
    return ownerIds.map(ownerId => ({
      ...personOf(ownerId, { account: accountOf.get(ownerId), month: monthOfOwner.get(ownerId), currency }),
      conversations: counts.get(ownerId) ?? 0,
      seenAt: uses.get(ownerId) ?? null,
    }))
  }

  return list
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
