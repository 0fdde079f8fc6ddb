import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import type { Part } from '../../protocol/parts.ts'
import { Stopwatch } from './stopwatch.ts'

type Step = [at: number, kind: Parameters<Stopwatch['turnTo']>[0]]

async function timed(steps: readonly Step[], { endsAt = 1000, missed = [] as Part[] } = {}) {
  const clock = createFakeClock()
  const stopwatch = new Stopwatch({ clock, startedAt: clock.start, missed })
  for (const [at, kind] of steps) {
    await clock.advance(clock.start + at - clock.now())
    stopwatch.turnTo(kind)
  }
  await clock.advance(clock.start + endsAt - clock.now())
  return stopwatch.read()
}

test.each<[name: string, steps: Step[], expected: object]>([
  ['nothing came', [], { firstTokenMs: null, reasoningMs: null }],
  ['text alone', [[300, 'text-delta']], { firstTokenMs: 300, reasoningMs: null }],
  ['a refusal is a word too', [[200, 'refusal-delta']], { firstTokenMs: 200, reasoningMs: null }],
  ['a source is none', [[200, 'source-add']], { firstTokenMs: null, reasoningMs: null }],
  [
    'reasoning, then text',
    [
      [100, 'reasoning-delta'],
      [600, 'text-delta'],
      [700, 'reasoning-delta'],
      [800, 'text-delta'],
    ],
    { firstTokenMs: 600, reasoningMs: 500 },
  ],
  [
    'reasoning, then a source, then text',
    [
      [100, 'reasoning-delta'],
      [400, 'source-add'],
      [600, 'text-delta'],
    ],
    { firstTokenMs: 600, reasoningMs: 300 },
  ],
  ['reasoning to the end', [[100, 'reasoning-delta']], { firstTokenMs: null, reasoningMs: 900 }],
  [
    'a call ends the reasoning, and is no text',
    [
      [100, 'reasoning-delta'],
      [300, 'tool-start'],
      [700, 'text-delta'],
    ],
    { firstTokenMs: 700, reasoningMs: 200 },
  ],
])('%s', async (_name, steps, expected) => {
  expect(await timed(steps)).toEqual({ ...expected, totalMs: 1000 })
})

test('what an earlier process received is not timed', async () => {
  const text: Part = { id: '1', type: 'text', text: 'um' }
  const reasoning: Part = { id: '1', type: 'reasoning', text: 'hm' }
  const steps: Step[] = [
    [500, 'reasoning-delta'],
    [700, 'text-delta'],
  ]
  expect(await timed(steps, { missed: [reasoning] })).toMatchObject({ firstTokenMs: 700, reasoningMs: null })
  expect(await timed(steps, { missed: [text] })).toMatchObject({ firstTokenMs: null, reasoningMs: 200 })
  const broken: Part = { id: '2', type: 'break', status: 'stopped', code: null }
  expect(await timed(steps, { missed: [text, broken] })).toMatchObject({ firstTokenMs: 700 })
})

test.each([-86_400_000, 86_400_000])('a time of day that is set by %i ms changes no time', async ms => {
  const clock = createFakeClock()
  const stopwatch = new Stopwatch({ clock, startedAt: clock.monotonic() })
  await clock.advance(100)
  clock.setTimeOfDay(ms)
  stopwatch.turnTo('reasoning-delta')
  await clock.advance(200)
  clock.setTimeOfDay(ms)
  stopwatch.turnTo('text-delta')
  await clock.advance(300)
  expect(stopwatch.read()).toEqual({ firstTokenMs: 300, reasoningMs: 200, totalMs: 600 })
})

test('a run of chunks of one kind reads the clock once', () => {
  let reads = 0
  const clock = { ...createFakeClock(), monotonic: () => ++reads }
  const stopwatch = new Stopwatch({ clock, startedAt: 0 })
  for (let token = 0; token < 100; token++)
    if (stopwatch.kind !== 'text-delta') stopwatch.turnTo('text-delta')
  expect(reads).toBe(1)
})
