import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { createSharedTime } from './sharedTime.ts'

const DATABASE = 1_700_000_000_000

test('nodes whose clocks differ by an hour agree on the time of the database', async () => {
  for (const own of [DATABASE - 3_600_000, DATABASE + 3_600_000]) {
    const clock = createFakeClock(own)
    const time = createSharedTime(clock)
    const asked = clock.monotonic()
    await clock.advance(10)
    time.learn(DATABASE + 5, { asked, answered: clock.monotonic() })
    expect(time.now()).toBe(DATABASE + 10)
    await clock.advance(1000)
    expect(time.now()).toBe(DATABASE + 1010)
  }
})

test('it never goes back, and an answer that took long changes nothing', async () => {
  const clock = createFakeClock(DATABASE)
  const time = createSharedTime(clock)
  const at = clock.monotonic()
  time.learn(DATABASE, { asked: at, answered: at })
  expect(time.now()).toBe(DATABASE)
  time.learn(DATABASE - 500, { asked: at, answered: at })
  expect(time.now()).toBe(DATABASE)
  await clock.advance(600)
  expect(time.now()).toBe(DATABASE + 100)
  time.learn(DATABASE + 90_000, { asked: at, answered: clock.monotonic() })
  expect(time.now()).toBe(DATABASE + 100)
})
