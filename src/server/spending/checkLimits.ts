import type { Assistant } from '../config/assistant.ts'
import { ConfigProblem } from '../config/configProblem.ts'
import { LIMIT_SETTINGS, type SpendingLimits } from '../config/spendingLimits.ts'
import type { CostOf } from '../generation/cost.ts'
import { type Estimates, moneyOf } from './estimates.ts'

export interface CheckOptions {
  limits: SpendingLimits
  /** Those that ask a provider for money. The guide does not. */
  assistants: readonly Pick<Assistant, 'model' | 'choices'>[]
  costOf: CostOf
  estimates: Pick<Estimates, 'maxOutputTokens' | 'amountOf'>
}

const IN_TOKENS = ['tokensPerDay', 'tokenBudget', 'personTokenBudget'] as const
const IN_MONEY = ['budget', 'personBudget'] as const

/** Throws `ConfigProblem` if a budget in money cannot be counted, or if a limit lets no reply begin. */
export function checkLimits({ limits, assistants, costOf, estimates }: CheckOptions): void {
  const models = [
    ...new Set(assistants.flatMap(({ model, choices }) => choices?.map(each => each.model) ?? model)),
  ]
  const { maxOutputTokens } = estimates
  const usage = { inputTokens: 0, outputTokens: maxOutputTokens }
  const problems: string[] = []
  for (const kind of IN_TOKENS) {
    const limit = limits[kind]
    if (limit !== undefined && limit < maxOutputTokens)
      problems.push(
        `${LIMIT_SETTINGS[kind]}: less than one reply may take; expected at least ${maxOutputTokens}, or a smaller OPENAI_MAX_OUTPUT_TOKENS`,
      )
  }
  for (const kind of IN_MONEY) {
    const limit = limits[kind]
    if (limit === undefined) continue
    const setting = LIMIT_SETTINGS[kind]
    const unpriced = models.filter(model => !costOf(model, usage))
    if (unpriced.length > 0)
      problems.push(
        `${setting}: needs a price of each model; expected MODEL_PRICES with ${unpriced.map(model => model || 'the model of each assistant').join(', ')}`,
      )
    const most = Math.max(0, ...models.map(model => moneyOf(estimates.amountOf(model, usage).micros)))
    if (limit < most)
      problems.push(
        `${setting}: less than one reply may cost; expected at least ${most}, or a smaller OPENAI_MAX_OUTPUT_TOKENS`,
      )
  }
  if (problems.length > 0) throw new ConfigProblem('These settings are wrong:', problems)
}
