import { expect, test } from 'vitest'
import type { DayFigureRow } from '../database/administration/administrationRows.ts'
import type { EndedRun } from '../database/administration/runFigures.ts'
import { FIGURES, middleOf } from './figureNames.ts'
import { figuresOf } from './overview.ts'
import { dayFiguresOf, ownerMonthsOf } from './runFigures.ts'

const AT = Date.UTC(2026, 10, 30, 12)

function ended(changes: Partial<EndedRun> = {}): EndedRun {
  return {
    owner_id: 'ana',
    status: 'completed',
    code: null,
    usage: JSON.stringify({ inputTokens: 10, outputTokens: 5 }),
    timing: JSON.stringify({ firstTokenMs: 420, reasoningMs: null, totalMs: 900 }),
    cost: JSON.stringify({ amount: 0.25, currency: 'BRL' }),
    ended_at: AT,
    ...changes,
  }
}

const failed = ended({
  status: 'failed',
  code: 'UPSTREAM_TIMEOUT',
  usage: null,
  timing: JSON.stringify({ firstTokenMs: null, reasoningMs: null, totalMs: 900 }),
  cost: null,
})

test('runs add up to the figures of their days, and these to an overview', () => {
  const rows = dayFiguresOf([
    ended(),
    ended(),
    failed,
    ended({ ended_at: AT - 86_400_000 }),
    ended({ status: 'stopped', timing: null }),
    ended({ status: 'interrupted', code: 'REPLY_INTERRUPTED', timing: null }),
  ])
  expect(rows.map(({ day, name }) => `${day} ${name}`)).toEqual(
    rows.map(({ day, name }) => `${day} ${name}`).toSorted(),
  )
  const overview = figuresOf(rows, { range: ['2026-11-28', '2026-11-29', '2026-11-30'], currency: 'BRL' })
  expect(overview).toEqual({
    runs: { completed: 3, paused: 0, stopped: 1, failed: 1, interrupted: 1 },
    // The interrupted one is none.
    failures: [{ code: 'UPSTREAM_TIMEOUT', runs: 1 }],
    tokens: { input: 50, output: 25 },
    cost: { amount: 1.25, currency: 'BRL' },
    firstToken: { p50: expect.closeTo(420, -1.6), p95: expect.closeTo(420, -1.6) },
    days: [
      { day: '2026-11-28', runs: 0 },
      { day: '2026-11-29', runs: 1 },
      { day: '2026-11-30', runs: 5 },
    ],
  })
})

test('what an owner used counts by the month, and runs of an erased owner count for nobody', () => {
  const nextMonth = Date.UTC(2026, 11, 1)
  expect(
    ownerMonthsOf([
      ended(),
      failed,
      ended({ ended_at: nextMonth }),
      ended({ owner_id: 'bia' }),
      ended({ owner_id: null }),
    ]),
  ).toEqual([
    { owner_id: 'ana', month: '2026-11', runs: 2, tokens: 15, micros: 250_000 },
    { owner_id: 'ana', month: '2026-12', runs: 1, tokens: 15, micros: 250_000 },
    { owner_id: 'bia', month: '2026-11', runs: 1, tokens: 15, micros: 250_000 },
  ])
})

test('the middle of a bucket is within 5 % of the times in it, and two hours have one too', () => {
  for (let ms = 20; ms < 7_200_000; ms = Math.ceil(ms * 1.013)) {
    const middle = middleOf(Number(FIGURES.firstToken(ms).slice('first:'.length)))
    expect(Math.abs(middle - ms) / ms).toBeLessThan(0.055)
  }
})

test('of a hundred times the 50th and the 95th are told', () => {
  const rows: DayFigureRow[] = dayFiguresOf(
    Array.from({ length: 100 }, (_, index) =>
      ended({ timing: JSON.stringify({ firstTokenMs: (index + 1) * 100 }) }),
    ),
  )
  const { firstToken } = figuresOf(rows, { range: ['2026-11-30'], currency: 'BRL' })
  expect(firstToken?.p50).toBeGreaterThan(4700)
  expect(firstToken?.p50).toBeLessThan(5300)
  expect(firstToken?.p95).toBeGreaterThan(9000)
  expect(firstToken?.p95).toBeLessThan(10_000)
})
