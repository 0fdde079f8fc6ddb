import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/harness/folder.ts'
import { silentLogger } from '../../../test/harness/log.ts'
import type { Part } from '../../protocol/parts.ts'
import { ConfigProblem } from '../config/configProblem.ts'
import type { SpendingLimits } from '../config/spendingLimits.ts'
import { findReservation } from '../database/spending.ts'
import { openSqlite } from '../database/sqlite/open.ts'
import { createCostOf } from '../generation/cost.ts'
import { checkLimits } from './checkLimits.ts'
import { createEstimates, tokensIn } from './estimates.ts'
import { dayOf, monthOf, nextDay, nextMonth, periodsBefore } from './periods.ts'
import { createSpending } from './spending.ts'

const MIDNIGHT = Date.UTC(2026, 11, 1)
const costOf = createCostOf({ models: [{ model: 'priced', input: 1, output: 2 }], currency: 'EUR' })
const estimates = createEstimates({ costOf, maxOutputTokens: 100 })
const request = { model: 'priced', instructions: 'x'.repeat(30), history: [], locale: 'en' } as const

/** Limits over a real database, at a time that the test sets. A run that has no row is one that was erased. */
async function withLimits(limits: SpendingLimits) {
  const folder = await temporaryFolder()
  const database = await openSqlite(join(folder.path, 'riacho.db'), silentLogger)
  const warnings: object[] = []
  const logger = Object.assign(Object.create(silentLogger), {
    warn: (fields: object) => warnings.push(fields),
  })
  let now = MIDNIGHT - 1
  const spending = createSpending({
    limits,
    database,
    estimates,
    currency: 'EUR',
    steadyTime: () => now,
    logger,
  })
  return {
    database,
    spending,
    limits,
    held: (runId: string) => findReservation(database.queries, runId),
    warnings,
    setTime(time: number) {
      now = time
    },
    reserve: (runId: string, ownerId = 'ana') =>
      database.write('process', queries => spending.reserve(queries, { runId, ownerId, request })),
    sums: () => database.queries.selectFrom('spending_sums').selectAll().orderBy('period').execute(),
    async [Symbol.asyncDispose]() {
      await database.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

test('a day and a month begin at midnight in UTC, also after the last day of a year', () => {
  expect([dayOf(MIDNIGHT - 1), dayOf(MIDNIGHT)]).toEqual(['2026-11-30', '2026-12-01'])
  expect([monthOf(MIDNIGHT - 1), monthOf(MIDNIGHT)]).toEqual(['2026-11', '2026-12'])
  expect([nextDay(MIDNIGHT - 1), nextMonth(MIDNIGHT - 1)]).toEqual([MIDNIGHT, MIDNIGHT])
  expect(nextDay(MIDNIGHT)).toBe(Date.UTC(2026, 11, 2))
  expect(nextMonth(MIDNIGHT)).toBe(Date.UTC(2027, 0, 1))
  expect(periodsBefore(Date.UTC(2027, 0, 1))).toEqual({ day: '2026-12-31', month: '2026-12' })
})

test('a run counts in the day and the month in which it was accepted, however late it is settled', async () => {
  await using world = await withLimits({ tokensPerDay: 150, personTokenBudget: 150 })
  await world.reserve('before')
  await expect(world.reserve('too-many')).rejects.toMatchObject({
    code: 'TOO_MANY_RUNS',
    details: { retryAfter: 5 },
  })
  world.setTime(MIDNIGHT)
  await world.reserve('after')
  await world.spending.settler.settleLeft()
  expect(await world.sums()).toMatchObject(
    ['2026-11', '2026-11-30', '2026-12', '2026-12-01'].map(period => ({
      scope: 'owner:ana',
      period,
      messages: 1,
      tokens: 110,
      reserved_tokens: 0,
    })),
  )
  await expect(world.reserve('over')).rejects.toMatchObject({
    code: 'BUDGET_REACHED',
    details: { retryAfter: 31 * 86_400 },
  })
  world.setTime(Date.UTC(2027, 1, 1))
  await world.spending.settler.settleLeft()
  expect(await world.sums()).toEqual([])
})

test('a run is settled once, however often it is asked for', async () => {
  await using world = await withLimits({ budget: 1 })
  await world.reserve('run')
  const { settler } = world.spending
  for (let time = 0; time < 3; time++) {
    settler.settle('run')
    await Promise.all([settler.settleLeft(), settler.settleLeft(), settler.batches()])
  }
  expect(await world.sums()).toMatchObject([
    { scope: 'all', messages: 1, tokens: 110, micros: 210, reserved_micros: 0 },
  ])
})

const TOOL: Part = {
  id: '1',
  type: 'tool',
  callId: 'c',
  tool: 'read',
  step: 1,
  arguments: '{"a":"bcdef"}',
  status: 'completed',
  attempt: 1,
  content: 'x'.repeat(300),
}

test('where the provider counts nothing, a run holds all that its requests may have used', async () => {
  await using world = await withLimits({ tokenBudget: 1000 })
  await world.reserve('run')
  const parts = [TOOL]
  const next = { runId: 'run', request: { ...request, reply: { parts, kept: new Map() } }, parts }
  await world.spending.reserveRequest({ ...next, counted: undefined })
  // What the tool answered is input, and never output.
  const first = 10 + tokensIn(TOOL.arguments.length)
  const second = tokensIn(30 + TOOL.arguments.length + 300)
  expect(await world.sums()).toMatchObject([
    { messages: 1, tokens: 0, reserved_tokens: first + second + 100 },
  ])
  expect(await world.held('run')).toMatchObject({
    input_tokens: 10 + second,
    counted_tokens: 0,
    written: null,
  })
})

test('a request that does not fit leaves what the run held, and says whether others hold the rest', async () => {
  await using world = await withLimits({ tokenBudget: 300 })
  await world.reserve('run')
  const next = (tokens: number) =>
    world.spending.reserveRequest({
      ...{ runId: 'run', request, parts: [] },
      counted: { usage: { inputTokens: tokens, outputTokens: 0 }, cost: undefined },
    })
  await expect(next(191)).rejects.toMatchObject({ code: 'BUDGET_REACHED' })
  await world.reserve('other')
  await expect(next(100)).rejects.toMatchObject({ code: 'TOO_MANY_RUNS' })
  expect(await world.held('run')).toMatchObject({ tokens: 110, counted_tokens: 0 })
  await next(80)
  expect(await world.held('run')).toMatchObject({ tokens: 190, counted_tokens: 80 })
  expect(await world.sums()).toMatchObject([{ tokens: 0, reserved_tokens: 300 }])
})

test('a run that reserved nothing may go on, and a lower limit of messages stops none', async () => {
  await using world = await withLimits({ tokensPerDay: 1000, messagesPerDay: 1 })
  await world.reserve('run')
  world.limits.messagesPerDay = 0
  const next = { request, parts: [], counted: { usage: undefined, cost: undefined } }
  await world.spending.reserveRequest({ ...next, runId: 'run' })
  await world.spending.reserveRequest({ ...next, runId: 'unknown' })
  expect(await world.sums()).toMatchObject([{ messages: 1, reserved_tokens: 110 }])
})

test('the log warns once in a month from 80 % of the budget of a group, with its name', async () => {
  await using world = await withLimits({})
  const { queries } = world.database
  const limits = { runs_at_once: null, messages_per_day: null, tokens_per_day: null, person_micros: null }
  const group = { id: 'g', name: 'Vendas', created_at: 0, ...limits, person_tokens: null, micros: null }
  await queries
    .insertInto('account_groups')
    .values({ ...group, tokens: 1000 })
    .execute()
  await queries
    .insertInto('accounts')
    .values({
      id: 'a',
      owner_id: 'ana',
      email: 'ana@example.com',
      password_hash: null,
      name: '',
      role: 'member',
      created_at: 0,
      confirmed_at: null,
      disabled_at: null,
      signed_in_at: null,
      group_id: 'g',
    })
    .execute()
  for (let run = 0; run < 9; run++) {
    await world.reserve(`run ${run}`)
    await world.spending.settler.settleLeft()
  }
  await expect(world.reserve('over')).rejects.toMatchObject({ code: 'GROUP_BUDGET_REACHED' })
  await expect(world.reserve('over again')).rejects.toMatchObject({ code: 'GROUP_BUDGET_REACHED' })
  expect(world.warnings).toEqual([{ group: 'Vendas', month: '2026-11', percent: 88 }])
  // An owner of a host has the same id in no account.
  await world.reserve('other', 'host:ana')
  expect(world.warnings).toHaveLength(1)
})

test('a limit of a role is checked as that of everybody is', () => {
  const roles = { visitor: { tokensPerDay: 99 }, account: { tokensPerDay: null }, admin: {} }
  expect(() => check({ roles })).toThrow('LIMIT_TOKENS_PER_DAY: less than one reply may take')
})

test('the log warns once in a month from 80 % of the budget of all', async () => {
  await using world = await withLimits({ tokenBudget: 1000 })
  const use = async (...runIds: string[]) => {
    for (const runId of runIds) await world.reserve(runId)
    await world.spending.settler.settleLeft()
  }
  await use('1', '2', '3', '4', '5', '6', '7')
  expect(world.warnings).toEqual([])
  await use('8', '9')
  expect(world.warnings).toEqual([{ setting: 'BUDGET_TOKENS_PER_MONTH', month: '2026-11', percent: 99 }])
  expect(world.spending.budgetRatios()).toEqual([{ setting: 'BUDGET_TOKENS_PER_MONTH', ratio: 0.99 }])
  world.setTime(MIDNIGHT)
  expect(world.spending.budgetRatios()).toEqual([{ setting: 'BUDGET_TOKENS_PER_MONTH', ratio: 0 }])
})

const check = (limits: SpendingLimits, model = 'priced') =>
  checkLimits({ limits, assistants: [{ model }], costOf, estimates })

test('a limit that lets no reply begin, and a budget without prices, are refused with their names', () => {
  expect(() => check({})).not.toThrow()
  expect(() => check({ tokensPerDay: 100, tokenBudget: 100, budget: 0.0002 })).not.toThrow()
  for (const [limits, problem] of [
    [{ tokensPerDay: 99 }, 'LIMIT_TOKENS_PER_DAY: less than one reply may take; expected at least 100'],
    [{ budget: 0.0001 }, 'BUDGET_PER_MONTH: less than one reply may cost; expected at least 0.0002'],
  ] as const)
    expect(() => check(limits)).toThrow(problem)
  expect(() => check({ personBudget: 1 }, 'free')).toThrow(ConfigProblem)
  expect(() => check({ personBudget: 1 }, 'free')).toThrow(
    'BUDGET_PER_PERSON_PER_MONTH: needs a price of each model; expected MODEL_PRICES with free',
  )
})
