import type { Cost, Usage } from '../../protocol/events.ts'
import type { Price } from '../config/prices.ts'

export type CostOf = (model: string, usage: Usage) => Cost | undefined

/** The date at the end of the name of one version of a model, as in `gpt-5-mini-2025-08-07`. */
const SNAPSHOT = /-(\d{4}-\d{2}-\d{2}|\d{8})$/

/**
 * Calculates what replies cost at these prices. A dated version costs what its model costs. The cost is `undefined` if
 * the model has no price.
 */
export function createCostOf({ models, currency }: { models: readonly Price[]; currency: string }): CostOf {
  const prices = new Map(models.map(price => [price.model, price]))
  return (model, { inputTokens, outputTokens, cachedTokens = 0 }) => {
    const price = prices.get(model) ?? prices.get(model.replace(SNAPSHOT, ''))
    if (!price) return undefined
    const { input, cachedInput = input, output } = price
    const cached = Math.min(cachedTokens, inputTokens)
    const amount = ((inputTokens - cached) * input + cached * cachedInput + outputTokens * output) / 1_000_000
    if (!Number.isFinite(amount)) return undefined
    // Sums of decimal fractions have a tail such as …0000000004. Rounding removes it.
    return { amount: Number(amount.toPrecision(12)), currency }
  }
}
