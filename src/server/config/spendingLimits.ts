import { z } from 'zod'
import { wholeNumber } from './wholeNumber.ts'

/** What people may do and spend. What is absent has no limit. Days and months are in UTC. */
export interface SpendingLimits {
  /** Active runs of one owner. */
  runsAtOnce?: number | undefined
  /** Runs that one owner may begin in a day: messages, and further replies to them. */
  messagesPerDay?: number | undefined
  /** Input and output of the runs of one owner in a day. */
  tokensPerDay?: number | undefined
  /** What one owner may spend in a month, in units of the currency. */
  personBudget?: number | undefined
  /** What all owners together may spend in a month, in units of the currency. */
  budget?: number | undefined
  personTokenBudget?: number | undefined
  tokenBudget?: number | undefined
}

/** The setting of each limit. */
export const LIMIT_SETTINGS = {
  runsAtOnce: 'LIMIT_RUNS_AT_ONCE',
  messagesPerDay: 'LIMIT_MESSAGES_PER_DAY',
  tokensPerDay: 'LIMIT_TOKENS_PER_DAY',
  personBudget: 'BUDGET_PER_PERSON_PER_MONTH',
  budget: 'BUDGET_PER_MONTH',
  personTokenBudget: 'BUDGET_TOKENS_PER_PERSON_PER_MONTH',
  tokenBudget: 'BUDGET_TOKENS_PER_MONTH',
} as const satisfies Record<keyof SpendingLimits, string>

/** The most that a sum of the database can hold, in units of the currency. */
const MAX_MONEY = 1_000_000_000

const money = z
  .string()
  .regex(/^\d+(\.\d{1,6})?$/, 'not an amount of money; expected such as 50 or 12.50')
  .transform(Number)
  .refine(value => value > 0 && value <= MAX_MONEY, `out of range; expected more than 0, up to ${MAX_MONEY}`)

const tokens = wholeNumber(1, 1_000_000_000_000)

/** What stands in the environment. */
export const spendingShape = {
  LIMIT_RUNS_AT_ONCE: wholeNumber(1, 1_000_000).optional(),
  LIMIT_MESSAGES_PER_DAY: wholeNumber(1, 1_000_000_000).optional(),
  LIMIT_TOKENS_PER_DAY: tokens.optional(),
  BUDGET_PER_MONTH: money.optional(),
  BUDGET_PER_PERSON_PER_MONTH: money.optional(),
  BUDGET_TOKENS_PER_MONTH: tokens.optional(),
  BUDGET_TOKENS_PER_PERSON_PER_MONTH: tokens.optional(),
}

const schema = z.object(spendingShape)

export function spendingLimitsOf(settings: z.infer<typeof schema>): Readonly<SpendingLimits> {
  return Object.freeze({
    runsAtOnce: settings.LIMIT_RUNS_AT_ONCE,
    messagesPerDay: settings.LIMIT_MESSAGES_PER_DAY,
    tokensPerDay: settings.LIMIT_TOKENS_PER_DAY,
    personBudget: settings.BUDGET_PER_PERSON_PER_MONTH,
    budget: settings.BUDGET_PER_MONTH,
    personTokenBudget: settings.BUDGET_TOKENS_PER_PERSON_PER_MONTH,
    tokenBudget: settings.BUDGET_TOKENS_PER_MONTH,
  })
}
