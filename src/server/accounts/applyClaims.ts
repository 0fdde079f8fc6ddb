import type { Logger } from 'pino'
import type { AccountRole, AccountRow } from '../database/accounts/accountRows.ts'
import { hasAdmin } from '../database/accounts/accounts.ts'
import { findGroupNamed, setGroup } from '../database/accounts/groups.ts'
import { writeAuditLine } from '../database/administration/audit.ts'
import { lockAdministrators, setRole } from '../database/administration/people.ts'
import type { Queries } from '../database/schema.ts'

/** What issuers of OpenID Connect decide of people. */
export interface IssuerClaims {
  /** The claim with the groups of a person. If absent, issuers decide nothing. */
  readonly groups: string | undefined
  /** Who is in one of them is an administrator, and nobody else. If there is none, issuers decide no role. */
  readonly adminGroups: readonly string[]
}

export interface ApplyClaimsOptions {
  claims: IssuerClaims
  /** The time that all nodes share. */
  steadyTime: () => number
  logger: Pick<Logger, 'warn'>
}

/** Call it before the row of the account is changed, because whoever changes roles locks in this order. */
export async function lockFor({ groups, adminGroups }: IssuerClaims, queries: Queries): Promise<void> {
  if (groups !== undefined && adminGroups.length > 0) await lockAdministrators(queries)
}

/** Makes the function that gives an account the group and the role that an issuer names at a sign-in. */
export function createApplyClaims({ claims, steadyTime, logger }: ApplyClaimsOptions) {
  /** `groups`: as the issuer names them. Gives the account as it is then. */
  return async function applyClaims(
    queries: Queries,
    account: AccountRow,
    groups: readonly string[],
  ): Promise<AccountRow> {
    if (claims.groups === undefined) return account
    const group_id = await applyGroup(queries, account, groups)
    const role = await applyRole(queries, account, groups)
    return { ...account, group_id, role }
  }

  /** Of several groups that are known the first by name counts, so that the order of a claim decides nothing. */
  async function applyGroup(
    queries: Queries,
    { id, owner_id, group_id }: AccountRow,
    groups: readonly string[],
  ): Promise<string | null> {
    const group = await findGroupNamed(queries, groups)
    const groupId = group?.id ?? null
    if (groupId === group_id) return groupId
    await setGroup(queries, { accountId: id, groupId })
    const line = { at: steadyTime(), actorId: null, action: 'issuer-group', subject: owner_id } as const
    await writeAuditLine(queries, { ...line, ...(group && { detail: group.name }) })
    return groupId
  }

  async function applyRole(
    queries: Queries,
    { id, owner_id, role: before }: AccountRow,
    groups: readonly string[],
  ): Promise<AccountRole> {
    if (claims.adminGroups.length === 0) return before
    const role = groups.some(each => claims.adminGroups.includes(each)) ? 'admin' : 'member'
    if (role === before) return before
    await setRole(queries, { id, role })
    if (!(await hasAdmin(queries))) {
      await setRole(queries, { id, role: before })
      logger.warn({ accountId: id }, 'the last administrator keeps the role, which the issuer takes away')
      return before
    }
    const line = { at: steadyTime(), actorId: null, action: 'issuer-role', subject: owner_id } as const
    await writeAuditLine(queries, { ...line, detail: `${before} ${role}` })
    return role
  }
}
