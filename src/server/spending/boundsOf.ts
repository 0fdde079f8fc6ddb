import {
  limitsOfRole,
  PERSON_LIMITS,
  type PersonLimits,
  type SpendingLimits,
} from '../config/spendingLimits.ts'
import type { GroupRow } from '../database/accounts/accountRows.ts'
import { findSpender } from '../database/accounts/groups.ts'
import type { Queries } from '../database/schema.ts'
import { moneyOf } from './estimates.ts'

/** The group of an owner, if it has a budget. */
export interface GroupBounds {
  id: string
  name: string
  /** What its people together may spend in a month, in units of the currency. */
  budget: number | undefined
  tokenBudget: number | undefined
}

/** Everything that bounds the runs of one owner. */
export interface Bounds extends PersonLimits, Pick<SpendingLimits, 'budget' | 'tokenBudget'> {
  group?: GroupBounds | undefined
}

/** Whom a host vouches for has no account, and no role. */
const isOfHost = (ownerId: string) => ownerId.startsWith('host:')

/**
 * What bounds an owner now: each limit is that of the group, or else of the role, or else of everybody. It is read each
 * time, so that what an administrator changes counts at once on every node. `ownerId`: `undefined` for who is nobody yet.
 */
export async function boundsOf(
  queries: Queries,
  ownerId: string | undefined,
  limits: SpendingLimits,
): Promise<Bounds> {
  const { budget, tokenBudget } = limits
  if (ownerId !== undefined && isOfHost(ownerId))
    return { ...limitsOfRole(limits, undefined), budget, tokenBudget }
  const spender = ownerId === undefined ? undefined : await findSpender(queries, ownerId)
  const role = !spender ? 'visitor' : spender.role === 'admin' ? 'admin' : 'account'
  const person = limitsOfRole(limits, role)
  const { group } = spender ?? {}
  if (!group) return { ...person, budget, tokenBudget }
  const own = personLimitsOf(group)
  for (const name of PERSON_LIMITS) person[name] = own[name] ?? person[name]
  return { ...person, budget, tokenBudget, group: budgetOf(group) }
}

/** What a group sets for each of its people. */
export function personLimitsOf(group: GroupRow): PersonLimits {
  return {
    runsAtOnce: group.runs_at_once ?? undefined,
    messagesPerDay: group.messages_per_day ?? undefined,
    tokensPerDay: group.tokens_per_day ?? undefined,
    personBudget: group.person_micros === null ? undefined : moneyOf(group.person_micros),
    personTokenBudget: group.person_tokens ?? undefined,
  }
}

function budgetOf({ id, name, micros, tokens }: GroupRow): GroupBounds | undefined {
  if (micros === null && tokens === null) return undefined
  return { id, name, budget: micros === null ? undefined : moneyOf(micros), tokenBudget: tokens ?? undefined }
}
