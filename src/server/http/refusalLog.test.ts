import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { createRefusalLog } from './refusalLog.ts'

test('each code has a line at once and then one a minute, which says how many it left out', async () => {
  const lines: string[] = []
  const logger = pino({}, { write: line => void lines.push(line) })
  const clock = createFakeClock()
  const logRefusal = createRefusalLog({ logger, clock })
  const told = () =>
    lines.splice(0).map(line => {
      const { code, reqId, leftOut } = JSON.parse(line)
      return [code, reqId, leftOut]
    })
  for (const reqId of ['1', '2', '3']) logRefusal({ code: 'FORBIDDEN', method: 'POST', reqId })
  logRefusal({ code: 'RATE_LIMITED', method: 'GET', reqId: '4' })
  expect(told()).toEqual([
    ['FORBIDDEN', '1', 0],
    ['RATE_LIMITED', '4', 0],
  ])
  await clock.advance(59_999)
  logRefusal({ code: 'FORBIDDEN', method: 'POST', reqId: '5' })
  expect(told()).toEqual([])
  await clock.advance(1)
  logRefusal({ code: 'FORBIDDEN', method: 'POST', reqId: '6' })
  expect(told()).toEqual([['FORBIDDEN', '6', 3]])
})
