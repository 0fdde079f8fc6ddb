import type { Assistant } from './server/config/assistant.ts'
import type { Price } from './server/config/prices.ts'
import type { SpendingLimits } from './server/config/spendingLimits.ts'
import { createCostOf } from './server/generation/cost.ts'
import { GUIDE_GREETING, GUIDE_STARTERS } from './server/providers/guide/phrases.ts'
import { checkLimits } from './server/spending/checkLimits.ts'
import { createEstimates, type Estimates } from './server/spending/estimates.ts'

/** The model of a reply by the guide, whichever model its assistant names. */
const GUIDE_MODEL = 'guide'

/** What decides how assistants are used. */
interface UseOptions {
  openai?: { maxOutputTokens?: number | undefined }
  provider?: object
  prices: { models: readonly Price[]; currency: string }
  spendingLimits?: SpendingLimits
}

/** Without a provider the guide writes the replies. It costs nothing. */
function usesGuide({ openai, provider }: UseOptions): boolean {
  return !openai && !provider
}

/** What the limits need besides a database. Throws `ConfigProblem` if a limit cannot be kept. */
export function spendingOptionsOf(options: UseOptions & { assistants: readonly Assistant[] }) {
  const { spendingLimits: limits = {}, prices } = options
  const estimates = requireLimits(options, options.assistants)
  return { limits, estimates, currency: prices.currency }
}

/** Throws `ConfigProblem` if a limit cannot be kept with these assistants. */
function requireLimits(options: UseOptions, assistants: readonly Assistant[]): Estimates {
  const { spendingLimits: limits = {}, prices, openai } = options
  const costOf = createCostOf(prices)
  const estimates = createEstimates({ costOf, maxOutputTokens: openai?.maxOutputTokens })
  checkLimits({ limits, assistants: usesGuide(options) ? [] : assistants, costOf, estimates })
  return estimates
}

/** Makes the list that people get of assistants that were read. Throws `ConfigProblem` if a limit cannot be kept. */
export function prepareFor(options: UseOptions): (assistants: readonly Assistant[]) => readonly Assistant[] {
  return assistants => {
    requireLimits(options, assistants)
    return usesGuide(options) ? playedByGuide(assistants) : assistants
  }
}

/** The guide plays only one assistant, and greets as what it is. */
function playedByGuide(assistants: readonly Assistant[]): Assistant[] {
  return assistants.slice(0, 1).map(assistant => ({
    ...assistant,
    model: GUIDE_MODEL,
    greeting: GUIDE_GREETING,
    starters: GUIDE_STARTERS,
  }))
}
