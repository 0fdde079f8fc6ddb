import type { Assistant } from '../config/assistant.ts'
import { ConfigProblem } from '../config/configProblem.ts'
import { LIMIT_SETTINGS, type LimitName, type SpendingLimits, valuesOf } from '../config/spendingLimits.ts'
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
export function checkLimits(options: CheckOptions): void {
  const problems = problemsOfLimits(options)
  if (problems.length > 0) throw new ConfigProblem('These settings are wrong:', problems)
}

/** What is wrong with limits. `names`: what the limits are called. */
export function problemsOfLimits({
  limits,
  assistants,
  costOf,
  estimates,
  names = LIMIT_SETTINGS,
}: CheckOptions & { names?: Readonly<Record<LimitName, string>> }): string[] {
  const models = [
    ...new Set(assistants.flatMap(({ model, choices }) => choices?.map(each => each.model) ?? model)),
  ]
  const { maxOutputTokens } = estimates
  const usage = { inputTokens: 0, outputTokens: maxOutputTokens }
  const problems: string[] = []
  for (const kind of IN_TOKENS) {
    if (valuesOf(limits, kind).some(limit => limit < maxOutputTokens))
      problems.push(
        `${names[kind]}: less than one reply may take; expected at least ${maxOutputTokens}, or a smaller OPENAI_MAX_OUTPUT_TOKENS`,
      )
  }
  for (const kind of IN_MONEY) {
    const values = valuesOf(limits, kind)
    if (values.length === 0) continue
    const setting = names[kind]
    const unpriced = models.filter(model => !costOf(model, usage))
    if (unpriced.length > 0)
      problems.push(
        `${setting}: needs a price of each model; expected MODEL_PRICES with ${unpriced.map(model => model || 'the model of each assistant').join(', ')}`,
      )
    const most = Math.max(0, ...models.map(model => moneyOf(estimates.amountOf(model, usage).micros)))
    if (values.some(limit => limit < most))
      problems.push(
        `${setting}: less than one reply may cost; expected at least ${most}, or a smaller OPENAI_MAX_OUTPUT_TOKENS`,
      )
  }
  return problems
}
