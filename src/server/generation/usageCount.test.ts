import { expect, test } from 'vitest'
import { runStart } from '../../../test/harness/log.ts'
import { EventLog } from '../log/eventLog.ts'
import { firstEvents } from '../log/storedLog.ts'
import { createCostOf } from './cost.ts'
import { UsageCount } from './usageCount.ts'

const costOf = createCostOf({
  models: [
    { model: 'test-model', input: 1, output: 1 },
    { model: 'dear-model', input: 10, output: 10 },
  ],
  currency: 'EUR',
})
const usage = { inputTokens: 1000, outputTokens: 0 }

function count(underWay?: { used: typeof usage }) {
  const start = runStart()
  const log = new EventLog({
    ...{ ownerId: 'ana', start, startedAt: 0, stored: firstEvents(start) },
    onPending() {},
  })
  const request = { model: 'test-model', instructions: '', history: [], locale: 'en' } as const
  const task = {
    request,
    ...(underWay && { underWay: { ...underWay, digests: {}, kept: [], locale: 'en' as const } }),
  }
  return new UsageCount({ task, log, costOf })
}

test('each request costs what the model costs that answers it', () => {
  const used = count()
  used.usage = usage
  used.next()
  used.model = 'dear-model'
  used.usage = usage
  expect(used.read()).toEqual({
    model: 'dear-model',
    usage: { inputTokens: 2000, outputTokens: 0 },
    cost: { amount: 0.011, currency: 'EUR' },
  })
})

test('what comes before a request is known only if the provider counted the request before it', () => {
  const used = count()
  expect(used.counted).toEqual({ usage: undefined, cost: undefined })
  used.next()
  expect(used.counted).toBeUndefined()
  used.usage = usage
  used.next()
  expect(used.counted).toMatchObject({ usage })
  expect(count({ used: usage }).counted).toMatchObject({ usage })
})
