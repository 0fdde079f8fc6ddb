import { assistantsOf, type ProvidersInUse, usesGuide } from './openProviders.ts'
import type { Assistant } from './server/config/assistant.ts'
import type { Price } from './server/config/prices.ts'
import type { LimitName, SpendingLimits } from './server/config/spendingLimits.ts'
import { type CostOf, createCostOf } from './server/generation/cost.ts'
import { checkLimits, problemsOfLimits } from './server/spending/checkLimits.ts'
import { createEstimates, type Estimates } from './server/spending/estimates.ts'
import { type KnownTools, requireKnownTools } from './server/tools/requireKnownTools.ts'

/** What decides how assistants are used. */
interface UseOptions extends ProvidersInUse, KnownTools {
  prices: { models: readonly Price[]; currency: string }
  spendingLimits?: SpendingLimits
}

/** What the limits need besides a database. Throws `ConfigProblem` if a limit cannot be kept. */
export function spendingOptionsOf(options: UseOptions & { assistants: readonly Assistant[] }) {
  const { spendingLimits: limits = {}, prices } = options
  const { estimates, costOf } = requireLimits(options, assistantsOf(options.assistants, options))
  return {
    limits,
    estimates,
    currency: prices.currency,
    /** What is wrong with limits that an administrator sets, each with the name that they have there. */
    problemsOf: (set: SpendingLimits, assistants: readonly Assistant[]) =>
      problemsOfLimits({
        limits: set,
        assistants: paidOf(options, assistants),
        costOf,
        estimates,
        names: OWN,
      }),
  }
}

/** The names of the limits in requests of administrators. */
const OWN: Readonly<Record<LimitName, string>> = {
  runsAtOnce: 'runsAtOnce',
  messagesPerDay: 'messagesPerDay',
  tokensPerDay: 'tokensPerDay',
  personBudget: 'personBudget',
  personTokenBudget: 'personTokenBudget',
  budget: 'budget',
  tokenBudget: 'tokenBudget',
}

/** Those that ask a provider for money. */
const paidOf = (options: UseOptions, assistants: readonly Assistant[]) =>
  usesGuide(options) ? [] : assistants

/** Throws `ConfigProblem` if a limit cannot be kept with these assistants. */
function requireLimits(
  options: UseOptions,
  assistants: readonly Assistant[],
): { estimates: Estimates; costOf: CostOf } {
  const { spendingLimits: limits = {}, prices, openai } = options
  const costOf = createCostOf(prices)
  const estimates = createEstimates({ costOf, maxOutputTokens: openai?.maxOutputTokens })
  checkLimits({ limits, assistants: paidOf(options, assistants), costOf, estimates })
  return { estimates, costOf }
}

/** Makes the list that people get of assistants that were read. Throws `ConfigProblem` if a limit cannot be kept. */
export function prepareFor(options: UseOptions): (assistants: readonly Assistant[]) => readonly Assistant[] {
  return assistants => {
    const played = assistantsOf(assistants, options)
    requireLimits(options, played)
    requireKnownTools(assistants, options)
    return played
  }
}
