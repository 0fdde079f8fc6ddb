import { expect, test } from 'vitest'
import { createCostOf } from './cost.ts'

const costOf = createCostOf({
  currency: 'USD',
  models: [
    { model: 'gpt-5.1', input: 1.25, cachedInput: 0.125, output: 10 },
    { model: 'gpt-5', input: 1, output: 2 },
    { model: 'free', input: 0, output: 0 },
  ],
})

test('input, cached input and output each have their price', () => {
  const usage = { inputTokens: 1000, outputTokens: 200, cachedTokens: 400 }
  expect(costOf('gpt-5.1', usage)).toEqual({ amount: 0.0028, currency: 'USD' })
})

test('cached input without a price of its own costs what other input costs', () => {
  expect(costOf('gpt-5', { inputTokens: 10, outputTokens: 1, cachedTokens: 9 })?.amount).toBe(0.000012)
})

test('more cached tokens than input tokens never make a cost negative', () => {
  expect(costOf('gpt-5.1', { inputTokens: 8, outputTokens: 0, cachedTokens: 90 })?.amount).toBe(0.000001)
})

test('a free model costs 0 and not undefined', () => {
  expect(costOf('free', { inputTokens: 8, outputTokens: 8 })).toEqual({ amount: 0, currency: 'USD' })
})

test('a usage too large to multiply has no cost', () => {
  expect(costOf('gpt-5', { inputTokens: Number.MAX_VALUE, outputTokens: Number.MAX_VALUE })).toBeUndefined()
})

test.each(['gpt-5-2025-08-07', 'gpt-5-20250807'])('%s costs what gpt-5 does', model => {
  expect(costOf(model, { inputTokens: 1_000_000, outputTokens: 0 })?.amount).toBe(1)
})

test.each(['gpt-5-mini', 'gpt-5-mini-2025-08-07', 'gpt-5.1-codex', 'gpt', 'GPT-5', 'guide'])(
  '%s has no price',
  model => {
    expect(costOf(model, { inputTokens: 1, outputTokens: 1 })).toBeUndefined()
  },
)
