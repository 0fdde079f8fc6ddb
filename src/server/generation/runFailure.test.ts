import { expect, test } from 'vitest'
import { failure } from './runFailure.ts'

test('a provider that asks for a wait of thousands of years is taken to ask for one', () => {
  expect(failure('UPSTREAM_RATE_LIMIT', 2.5e11).retryAfter).toBe(365 * 24 * 60 * 60)
  expect(failure('UPSTREAM_RATE_LIMIT', 1.2).retryAfter).toBe(2)
})
