import { z } from 'zod'
import { MAX_LIMIT_MONEY, MAX_LIMIT_TOKENS } from '../../protocol/limits.ts'
import { wholeNumber } from './wholeNumber.ts'

/** What bounds one owner. What is absent has no limit. Days and months are in UTC. */
export interface PersonLimits {
  /** Active runs. */
  runsAtOnce?: number | undefined
  /** Runs that begin in a day: messages, and further replies to them. */
  messagesPerDay?: number | undefined
  /** Input and output of the runs in a day. */
  tokensPerDay?: number | undefined
  /** What may be spent in a month, in units of the currency. */
  personBudget?: number | undefined
  personTokenBudget?: number | undefined
}

export const PERSON_LIMITS = [
  'runsAtOnce',
  'messagesPerDay',
  'tokensPerDay',
  'personBudget',
  'personTokenBudget',
] as const satisfies readonly (keyof PersonLimits)[]

/** A visitor has no account. An administrator whose own value is absent has that of accounts. */
export const SPENDING_ROLES = ['visitor', 'account', 'admin'] as const
export type SpendingRole = (typeof SPENDING_ROLES)[number]

/** What a role has in place of the limits of everybody. `null`: no limit. */
export type RoleLimits = { readonly [Name in keyof PersonLimits]?: number | null }

/** What people may do and spend. */
export interface SpendingLimits extends PersonLimits {
  /** What all owners together may spend in a month, in units of the currency. */
  budget?: number | undefined
  tokenBudget?: number | undefined
  roles?: Readonly<Record<SpendingRole, RoleLimits>>
}

export type LimitName = Exclude<keyof SpendingLimits, 'roles'>

/** The setting of each limit. */
export const LIMIT_SETTINGS = {
  runsAtOnce: 'LIMIT_RUNS_AT_ONCE',
  messagesPerDay: 'LIMIT_MESSAGES_PER_DAY',
  tokensPerDay: 'LIMIT_TOKENS_PER_DAY',
  personBudget: 'BUDGET_PER_PERSON_PER_MONTH',
  budget: 'BUDGET_PER_MONTH',
  personTokenBudget: 'BUDGET_TOKENS_PER_PERSON_PER_MONTH',
  tokenBudget: 'BUDGET_TOKENS_PER_MONTH',
} as const satisfies Record<LimitName, string>

/** How a setting names a role. */
const ROLE_WORDS: ReadonlyMap<string, SpendingRole> = new Map([
  ['visitors', 'visitor'],
  ['accounts', 'account'],
  ['administrators', 'admin'],
])

const money = z
  .string()
  .regex(/^\d+(\.\d{1,6})?$/, 'not an amount of money; expected such as 50 or 12.50')
  .transform(Number)
  .refine(
    value => value > 0 && value <= MAX_LIMIT_MONEY,
    `out of range; expected more than 0, up to ${MAX_LIMIT_MONEY}`,
  )

const tokens = wholeNumber(1, MAX_LIMIT_TOKENS)

/** The value of a limit for everybody, and for each role that has another one. */
export interface ByRole {
  everybody?: number
  roles: Partial<Record<SpendingRole, number | null>>
}

/** A value, values of roles, or both: `200, visitors=20, administrators=none`. */
function byRole(one: z.ZodType<number, string>) {
  return z.string().transform((text, context): ByRole => {
    const found: ByRole = { roles: {} }
    const refuse = (problem: string) => {
      context.addIssue(problem)
      return z.NEVER
    }
    for (const item of text.split(',').map(each => each.trim())) {
      const [, word, value = ''] = /^([^=]*?)\s*=\s*(.*)$/.exec(item) ?? [undefined, undefined, item]
      const role = word === undefined ? undefined : ROLE_WORDS.get(word)
      if (word !== undefined && !role)
        return refuse('not a role; expected such as 200, visitors=20, accounts=100, administrators=none')
      const isNone = role !== undefined && value === 'none'
      const read = isNone ? undefined : one.safeParse(value)
      if (read && !read.success) return refuse(read.error.issues[0]?.message ?? 'not a limit')
      if (role ? role in found.roles : found.everybody !== undefined)
        return refuse('names the same twice; expected one value for everybody, and one for each role')
      if (role) found.roles[role] = read ? read.data : null
      else if (read) found.everybody = read.data
    }
    return found
  })
}

/** What stands in the environment. */
export const spendingShape = {
  LIMIT_RUNS_AT_ONCE: byRole(wholeNumber(1, 1_000_000)).optional(),
  LIMIT_MESSAGES_PER_DAY: byRole(wholeNumber(1, 1_000_000_000)).optional(),
  LIMIT_TOKENS_PER_DAY: byRole(tokens).optional(),
  BUDGET_PER_MONTH: money.optional(),
  BUDGET_PER_PERSON_PER_MONTH: byRole(money).optional(),
  BUDGET_TOKENS_PER_MONTH: tokens.optional(),
  BUDGET_TOKENS_PER_PERSON_PER_MONTH: byRole(tokens).optional(),
}

const schema = z.object(spendingShape)

export function spendingLimitsOf(settings: z.infer<typeof schema>): Readonly<SpendingLimits> {
  const limits: SpendingLimits = {
    budget: settings.BUDGET_PER_MONTH,
    tokenBudget: settings.BUDGET_TOKENS_PER_MONTH,
  }
  const roles: Record<SpendingRole, { [Name in keyof PersonLimits]?: number | null }> = {
    visitor: {},
    account: {},
    admin: {},
  }
  for (const name of PERSON_LIMITS) {
    const value = settings[LIMIT_SETTINGS[name]]
    limits[name] = value?.everybody
    for (const role of SPENDING_ROLES) {
      const own = value?.roles[role]
      if (own !== undefined) roles[role][name] = own
    }
  }
  const hasRoles = SPENDING_ROLES.some(role => Object.keys(roles[role]).length > 0)
  return Object.freeze({ ...limits, ...(hasRoles && { roles: Object.freeze(roles) }) })
}

/** The limits of an owner of this role. `undefined`: a person of a host has those of everybody. */
export function limitsOfRole(limits: SpendingLimits, role: SpendingRole | undefined): PersonLimits {
  const own = role && limits.roles?.[role]
  const wider = role === 'admin' ? limits.roles?.account : undefined
  const found: PersonLimits = {}
  for (const name of PERSON_LIMITS) {
    const ofRole = own?.[name] !== undefined ? own[name] : wider?.[name]
    found[name] = ofRole === undefined ? limits[name] : (ofRole ?? undefined)
  }
  return found
}

/** Every value that a limit has, for everybody and for roles. */
export function valuesOf(limits: SpendingLimits, name: LimitName): number[] {
  const isOfPerson = (each: LimitName): each is keyof PersonLimits =>
    (PERSON_LIMITS as readonly LimitName[]).includes(each)
  const ofRoles = isOfPerson(name) ? SPENDING_ROLES.map(role => limits.roles?.[role][name]) : []
  return [limits[name], ...ofRoles].filter(value => typeof value === 'number')
}
