import { expect, test } from 'vitest'
import { createFakeClock } from '../../../../test/harness/fakeClock.ts'
import { type Attempt, type BreakerState, CircuitBreaker } from './circuitBreaker.ts'

function openBreaker(failures = 3) {
  const clock = createFakeClock()
  const states: BreakerState[] = []
  const breaker = new CircuitBreaker({ failures, clock, onState: state => void states.push(state) })
  const enter = (): Attempt => {
    const attempt = breaker.enter()
    if ('waitMs' in attempt) expect.fail(`refused for ${attempt.waitMs} ms`)
    return attempt
  }
  const fail = () => enter().failed('UPSTREAM_TIMEOUT')
  const waitOf = () => {
    const refused = breaker.enter()
    return 'waitMs' in refused ? refused.waitMs : 0
  }
  return { breaker, clock, states, enter, fail, waitOf }
}

test('failures in a row open it, and an answer in between begins the count anew', () => {
  const { breaker, enter, fail, states } = openBreaker()
  fail()
  fail()
  enter().answered()
  fail()
  fail()
  expect(breaker.state).toBe('closed')
  fail()
  expect(breaker.enter()).toEqual({ code: 'UPSTREAM_TIMEOUT', waitMs: 5000 })
  expect(states).toEqual(['open'])
})

test('after a pause one probe goes through, and an answer to it closes it', async () => {
  const { breaker, clock, enter, fail, states, waitOf } = openBreaker(1)
  fail()
  await clock.advance(4999)
  expect(waitOf()).toBe(1)
  await clock.advance(1)
  const probe = enter()
  expect(breaker.enter()).toMatchObject({ waitMs: 1000 })
  probe.answered()
  enter().answered()
  expect(states).toEqual(['open', 'half-open', 'closed'])
})

test('each failed probe doubles the pause up to a minute, and an answer makes it short again', async () => {
  const { clock, enter, fail, waitOf } = openBreaker(1)
  fail()
  const pauses = [waitOf()]
  for (let probes = 0; probes < 5; probes++) {
    await clock.advance(waitOf())
    fail()
    pauses.push(waitOf())
  }
  expect(pauses).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000])
  await clock.advance(60_000)
  enter().answered()
  fail()
  expect(waitOf()).toBe(5000)
})

test('a probe that nobody waits for makes the next request the probe', async () => {
  const { breaker, clock, enter, fail } = openBreaker(1)
  fail()
  await clock.advance(5000)
  enter().abandoned()
  enter()
  expect(breaker.state).toBe('half-open')
})

test('a request from before it opened does not lengthen the pause, and an answer to it closes it', () => {
  const { breaker, enter, fail, waitOf } = openBreaker(2)
  const [early, late] = [enter(), enter()]
  fail()
  fail()
  early.failed('UPSTREAM_TIMEOUT')
  expect(waitOf()).toBe(5000)
  late.answered()
  expect(breaker.state).toBe('closed')
})

test('with 0 it never opens', () => {
  const { breaker, fail } = openBreaker(0)
  for (let requests = 0; requests < 100; requests++) fail()
  expect(breaker.state).toBe('closed')
})
