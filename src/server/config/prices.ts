import { z } from 'zod'

/** The prices of a model for a million tokens, in units of the currency. */
export interface Price {
  readonly model: string
  readonly input: number
  /** For input that the provider had cached. If absent, it costs the same as other input. */
  readonly cachedInput?: number
  readonly output: number
}

const EXPECTED = 'expected such as gpt-5.1=1.25/0.125/10, gpt-5-mini=0.25/2 (input, cached input, output)'
const ITEM = /^(\S+)\s*=\s*(\d+(?:\.\d+)?)(?:\/(\d+(?:\.\d+)?))?\/(\d+(?:\.\d+)?)$/

/**
 * Reads a list of models and their prices. The message names a wrong item by its place, and does not repeat its text.
 */
export const modelPrices = z.string().transform((value, context) => {
  const prices = new Map<string, Price>()
  for (const [index, item] of value.replace(/,\s*$/, '').split(',').entries()) {
    const [, model, input, cachedInput, output] = ITEM.exec(item.trim()) ?? []
    const problem = !model
      ? 'is not a model and its prices'
      : prices.has(model)
        ? 'is a model named before'
        : ''
    if (!model || problem) {
      context.addIssue(`item ${index + 1} ${problem}; ${EXPECTED}`)
      return z.NEVER
    }
    prices.set(model, {
      model,
      input: Number(input),
      ...(cachedInput !== undefined && { cachedInput: Number(cachedInput) }),
      output: Number(output),
    })
  }
  return Object.freeze([...prices.values()].map(price => Object.freeze(price)))
})

/** The ISO 4217 code of a currency. */
export const currencyCode = z
  .string()
  .refine(
    value => Intl.supportedValuesOf('currency').includes(value),
    'not a currency; expected its three letters, such as USD, EUR or BRL',
  )
