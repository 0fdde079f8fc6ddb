import { expect, test } from 'vitest'
import { createFakeClock } from '../test/harness/fakeClock.ts'
import { giveMemoryBack } from './giveMemoryBack.ts'

/** A heap of this many bytes, half of which nobody uses, and a process that works all the time. */
function begin() {
  const clock = createFakeClock()
  const state = { size: 100, share: 1, collections: 0 }
  const { stop } = giveMemoryBack(clock, {
    size: () => state.size,
    worked: () => state.share,
    collect() {
      state.collections += 1
      state.size /= 2
    },
  })
  return { clock, state, stop }
}

test('a process gives memory back once it is idle, and not while it works', async () => {
  const { clock, state, stop } = begin()
  await clock.advance(60_000)
  expect(state.collections).toBe(0)
  state.share = 0.01
  await clock.advance(6000)
  expect(state).toMatchObject({ size: 50, collections: 1 })
  await stop()
})

test('an idle process whose heap stays as it is collects no more', async () => {
  const { clock, state, stop } = begin()
  state.share = 0
  await clock.advance(600_000)
  expect(state.collections).toBe(1)
  await stop()
})

test('after a busy time it gives memory back again', async () => {
  const { clock, state, stop } = begin()
  state.share = 0
  await clock.advance(10_000)
  Object.assign(state, { size: 200, share: 0.5 })
  await clock.advance(10_000)
  expect(state.size).toBe(200)
  state.share = 0
  await clock.advance(10_000)
  expect(state).toMatchObject({ size: 100, collections: 2 })
  await stop()
  expect(clock.pending).toBe(0)
})
