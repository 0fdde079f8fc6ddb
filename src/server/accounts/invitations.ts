import type { InvitationsQuery, MakeInvitationRequest } from '../../protocol/admin/adminRequests.ts'
import type {
  AdminInvitation,
  AdminInvitationsResponse,
  AdminMadeInvitationResponse,
} from '../../protocol/admin/adminResponses.ts'
import { RiachoError } from '../../protocol/errors.ts'
import { decodeCursor, encodeCursor } from '../conversations/pageCursor.ts'
import type { AccountRow, StoredTokenRow } from '../database/accounts/accountRows.ts'
import { findAccount } from '../database/accounts/accounts.ts'
import { spendToken } from '../database/accounts/accountTokens.ts'
import { type ListedInvitation, listInvitations, revokeInvitation } from '../database/accounts/invitations.ts'
import { writeAuditLine } from '../database/administration/audit.ts'
import { listAccountsOf } from '../database/administration/people.ts'
import type { Database } from '../database/database.ts'
import type { Queries } from '../database/schema.ts'
import { type AccountLinks, LIFETIMES } from './accountLinks.ts'

export interface InvitationsOptions {
  database: Pick<Database, 'queries' | 'write'>
  links: Pick<AccountLinks, 'create'>
  createId: () => string
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
}

/** The id of the last invitation of a page. */
const CURSOR = /^([\da-f-]{36})$/

/** Links that make an account for somebody, each with its line of the audit. */
export function createInvitations({ database, links, createId, steadyTime }: InvitationsOptions) {
  /**
   * Makes one. `actorId`: the account of who makes it, or `null` for the operator. Throws `EMAIL_TAKEN` if there is an account with
   * the address.
   */
  async function make(
    actorId: string | null,
    { email, role }: MakeInvitationRequest,
  ): Promise<Omit<AdminMadeInvitationResponse, 'isMailed'>> {
    if (await findAccount(database.queries, { email })) throw new RiachoError('EMAIL_TAKEN')
    const id = createId()
    const at = steadyTime()
    const expiresAt = at + LIFETIMES.invite
    const link = await database.write('power', async queries => {
      // Without the address, because no line is ever erased.
      const line = { at, actorId, subject: id, detail: `${role} ${expiresAt}` }
      await writeAuditLine(queries, { ...line, action: 'account-invite' })
      const invitation = { id, role, invited_by: actorId, created_at: at, expires_at: expiresAt }
      return links.create(queries, { purpose: 'invite', accountId: null, email }, { invitation })
    })
    return { id, link, expiresAt }
  }

  /** The last one first. Those that ended a week ago are no longer there. */
  async function list({ cursor, limit }: InvitationsQuery): Promise<AdminInvitationsResponse> {
    const { queries } = database
    const before = cursor === undefined ? undefined : decodeCursor(cursor, CURSOR)[0]
    const rows = await listInvitations(queries, { before, limit: limit + 1 })
    const page = rows.slice(0, limit)
    const makers = await listAccountsOf(queries, { ids: page.flatMap(({ invited_by }) => invited_by ?? []) })
    const emails = new Map(makers.map(({ id, email }) => [id, email]))
    const last = rows.length > limit ? page.at(-1) : undefined
    return {
      invitations: page.map(row => toInvitation(row, emails)),
      nextCursor: last ? encodeCursor([last.id]) : null,
    }
  }

  /** Throws `NOT_FOUND` if there is none that can still be used. */
  async function revoke(actorId: string, id: string): Promise<void> {
    await database.write('power', async queries => {
      const now = steadyTime()
      if (!(await revokeInvitation(queries, { id, now }))) throw new RiachoError('NOT_FOUND')
      await writeAuditLine(queries, { at: now, actorId, action: 'invitation-revoke', subject: id })
    })
  }

  return { make, list, revoke }
}

function toInvitation(row: ListedInvitation, emails: ReadonlyMap<string, string>): AdminInvitation {
  const { id, email, role, invited_by, created_at, expires_at, used_at, revoked_at } = row
  return {
    id,
    email,
    role,
    invitedBy: invited_by === null ? null : { accountId: invited_by, email: emails.get(invited_by) ?? null },
    createdAt: created_at,
    expiresAt: expires_at,
    usedAt: revoked_at === null ? used_at : null,
    revokedAt: revoked_at,
  }
}

/**
 * Uses a link for the account that it makes, in the transaction that stores the account. False if the link is no longer good. One for
 * an administrator is good only while who made it is an administrator: otherwise whoever loses the role could keep a way back.
 */
export async function spendInvitation(
  queries: Queries,
  { link, account, now }: { link: StoredTokenRow; account: AccountRow; now: number },
): Promise<boolean> {
  if (!(await spendToken(queries, { tokenHash: link.token_hash, now }))) return false
  if (link.id === null) return true
  if (link.role === 'admin' && !(await isAdministrator(queries, link.invited_by))) return false
  const line = { at: now, actorId: account.id, subject: account.owner_id, detail: account.role }
  await writeAuditLine(queries, { ...line, action: 'account-join' })
  return true
}

async function isAdministrator(queries: Queries, accountId: string | null): Promise<boolean> {
  const account = accountId === null ? undefined : await findAccount(queries, { id: accountId })
  return account?.role === 'admin' && account.disabled_at === null
}
