import { expect, test } from 'vitest'
import { createManualTimers } from '../../testing/manualTimers.ts'
import { createDrawRhythm } from './drawRhythm.ts'

/** A page whose draws take so many milliseconds each, on a clock that stands still until told. */
function createPage(cost: number) {
  const timers = createManualTimers()
  let late = 0
  const now = () => timers.now() + late
  const rhythm = createDrawRhythm({ now, set: timers.set })
  const draws: { at: number; gap: number }[] = []
  const draw = (gap: number) => {
    draws.push({ at: now(), gap })
    queueMicrotask(() => {
      late += cost
    })
  }
  return {
    draws,
    draw: async () => {
      rhythm.nextDraw(draw)
      const before = draws.length
      while (draws.length === before) await timers.advance(1)
    },
    wait: (milliseconds: number) => timers.advance(milliseconds),
    now,
  }
}

const gapsOf = ({ draws }: ReturnType<typeof createPage>) =>
  draws.slice(1).map(({ at }, index) => at - (draws[index]?.at ?? 0))

test('what comes when nothing was drawn for long is drawn at once', async () => {
  const page = createPage(0)
  for (let turn = 0; turn < 3; turn++) {
    await page.wait(1000)
    const asked = page.now()
    await page.draw()
    expect((page.draws.at(-1)?.at ?? 0) - asked).toBeLessThanOrEqual(1)
  }
})

test('draws that cost nothing are 50 ms apart, and each is told so', async () => {
  const page = createPage(0)
  for (let turn = 0; turn < 10; turn++) await page.draw()
  expect(new Set(gapsOf(page))).toEqual(new Set([50]))
  expect(page.draws.every(({ gap }) => gap === 50)).toBe(true)
})

test('draws that cost a lot come less often, and never more than 100 ms apart', async () => {
  const page = createPage(12)
  for (let turn = 0; turn < 20; turn++) await page.draw()
  const gaps = gapsOf(page)
  expect(gaps[0]).toBeLessThan(100)
  expect(Math.max(...gaps)).toBe(100)
  expect(gaps.at(-1)).toBe(100)
})

test('what draws cost sets the time between them', async () => {
  const page = createPage(1.5)
  for (let turn = 0; turn < 60; turn++) await page.draw()
  expect(Math.abs((gapsOf(page).at(-1) ?? 0) - 75)).toBeLessThan(3)
})
