import { expect, test } from 'vitest'
import { createFakeClock } from '../../test/harness/fakeClock.ts'
import { Silence } from './silence.ts'

test('a silence is over too long after the last word', async () => {
  const clock = createFakeClock()
  const silence = new Silence(clock, 100)
  await clock.advance(99)
  silence.heard()
  await clock.advance(99)
  expect(silence.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(silence.signal.aborted).toBe(true)
})

test('an answer that comes after the end sets no timer', async () => {
  const clock = createFakeClock()
  const silence = new Silence(clock, 100)
  const { promise, resolve } = Promise.withResolvers<string>()
  const answer = silence.except(() => promise)
  silence.stop()
  resolve('late')
  expect(await answer).toBe('late')
  silence.heard()
  expect(clock.pending).toBe(0)
})
