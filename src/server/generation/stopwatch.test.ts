import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import type { Part } from '../../protocol/events.ts'
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
  ['text alone', [[300, 'text']], { firstTokenMs: 300, reasoningMs: null }],
  ['a refusal is a word too', [[200, 'refusal']], { firstTokenMs: 200, reasoningMs: null }],
  ['a source is none', [[200, 'source']], { firstTokenMs: null, reasoningMs: null }],
  [
    'reasoning, then text',
    [
      [100, 'reasoning'],
      [600, 'text'],
      [700, 'reasoning'],
      [800, 'text'],
    ],
    { firstTokenMs: 600, reasoningMs: 500 },
  ],
  [
    'reasoning, then a source, then text',
    [
      [100, 'reasoning'],
      [400, 'source'],
      [600, 'text'],
    ],
    { firstTokenMs: 600, reasoningMs: 300 },
  ],
  ['reasoning to the end', [[100, 'reasoning']], { firstTokenMs: null, reasoningMs: 900 }],
  [
    'usage and checkpoints are no part of the reply',
    [
      [50, 'checkpoint'],
      [100, 'reasoning'],
      [200, 'checkpoint'],
      [300, 'usage'],
      [700, 'text'],
    ],
    { firstTokenMs: 700, reasoningMs: 600 },
  ],
])('%s', async (_name, steps, expected) => {
  expect(await timed(steps)).toEqual({ ...expected, totalMs: 1000 })
})

test('what another process took is not timed', async () => {
  const text: Part = { type: 'text', text: 'um' }
  const reasoning: Part = { type: 'reasoning', text: 'hm' }
  const steps: Step[] = [
    [500, 'reasoning'],
    [700, 'text'],
  ]
  expect(await timed(steps, { missed: [reasoning] })).toMatchObject({ firstTokenMs: 700, reasoningMs: null })
  expect(await timed(steps, { missed: [text] })).toMatchObject({ firstTokenMs: null, reasoningMs: 200 })
  const broken: Part = { type: 'break', status: 'stopped', code: null }
  expect(await timed(steps, { missed: [text, broken] })).toMatchObject({ firstTokenMs: 700 })
})

test('no time is negative when the clock is set back', () => {
  let now = 1000
  const clock = { ...createFakeClock(), now: () => now }
  const stopwatch = new Stopwatch({ clock, startedAt: now })
  now = 400
  stopwatch.turnTo('reasoning')
  now = 300
  stopwatch.turnTo('text')
  expect(stopwatch.read()).toEqual({ firstTokenMs: 0, reasoningMs: 0, totalMs: 0 })
})

test('a run of one kind reads the clock once', () => {
  let reads = 0
  const clock = { ...createFakeClock(), now: () => ++reads }
  const stopwatch = new Stopwatch({ clock, startedAt: 0 })
  for (let token = 0; token < 100; token++) if (stopwatch.kind !== 'text') stopwatch.turnTo('text')
  expect(reads).toBe(1)
})
