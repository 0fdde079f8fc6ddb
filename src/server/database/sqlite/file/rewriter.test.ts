import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createFakeClock } from '../../../../../test/harness/fakeClock.ts'
import { temporaryFolder } from '../../../../../test/harness/folder.ts'
import { silentLogger } from '../../../../../test/harness/log.ts'
import { RiachoError } from '../../../../protocol/errors.ts'
import { createSteadyTime } from '../../../clock.ts'
import { openSqlite } from '../open.ts'
import { clearRewriteDue, markRewriteDue } from './rewriteMark.ts'
import { Rewriter } from './rewriter.ts'

const SECOND = 1000
const DAY = 24 * 60 * 60 * SECOND

/** A rewriter over a database whose rewriting takes 2 s of a clock that the test moves. */
async function withRewriter(
  work: (world: {
    clock: ReturnType<typeof createFakeClock>
    rewriter: Rewriter
    /** What is changed here holds from the next look on. */
    state: { isBusy: boolean; fails: boolean; size: number }
    /** The times at which a rewriting began. */
    begun: number[]
    erase: () => Promise<void>
    /** Moves the clock, and looks every 5 s, as the server does. */
    pass: (ms: number) => Promise<void>
  }) => Promise<void>,
): Promise<void> {
  await using folder = await temporaryFolder()
  const database = await openSqlite(join(folder.path, 'riacho.db'), silentLogger)
  const clock = createFakeClock()
  const steadyTime = createSteadyTime(clock)
  const state = { isBusy: false, fails: false, size: 0 }
  const begun: number[] = []
  const rewriter = new Rewriter({
    queries: database.queries,
    file: {
      size: () => state.size,
      async rewrite() {
        begun.push(clock.now() - clock.start)
        await clock.advance(2 * SECOND)
        if (state.fails) throw new RiachoError('STORAGE_UNAVAILABLE')
        await database.write('process', clearRewriteDue)
      },
    },
    isBusy: () => state.isBusy,
    clock,
    steadyTime,
    logger: silentLogger,
  })
  try {
    await work({
      clock,
      rewriter,
      state,
      begun,
      erase: () => database.write('process', queries => markRewriteDue(queries, steadyTime())),
      async pass(ms) {
        for (let passed = 0; passed < ms; passed += 5 * SECOND) {
          await clock.advance(5 * SECOND)
          await rewriter.rewriteInTime()
        }
      },
    })
  } finally {
    await database.close()
  }
}

test('a file is rewritten once after an erasure, and not without one', () =>
  withRewriter(async ({ begun, erase, pass, rewriter }) => {
    await pass(60 * SECOND)
    expect(begun).toEqual([])
    await erase()
    await pass(60 * SECOND)
    expect(begun).toEqual([65 * SECOND])
    expect(rewriter.waitedMs).toBe(0)
  }))

test('a rewriting waits until no run was active for ten seconds', () =>
  withRewriter(async ({ begun, erase, pass, state }) => {
    await erase()
    state.isBusy = true
    await pass(3600 * SECOND)
    state.isBusy = false
    await pass(20 * SECOND)
    expect(begun).toEqual([3610 * SECOND])
  }))

test('a rewriting waits for a quiet moment for a day, and says how long it has waited', () =>
  withRewriter(async ({ begun, erase, pass, state, rewriter }) => {
    await erase()
    state.isBusy = true
    await pass(DAY - 5 * SECOND)
    expect([begun, rewriter.waitedMs]).toEqual([[], DAY - 5 * SECOND])
    await pass(5 * SECOND)
    expect(begun).toEqual([DAY])
  }))

test('rewritings take at most a hundredth of the time', () =>
  withRewriter(async ({ begun, erase, pass }) => {
    await pass(10 * SECOND)
    for (let count = 0; count < 100; count++) {
      await erase()
      await pass(5 * SECOND)
    }
    const [first = 0, second = 0] = begun
    expect(second - first).toBeGreaterThanOrEqual(2 * SECOND + 200 * SECOND)
    expect(begun.length).toBe(3)
  }))

test('a rewriting that failed is tried again after a minute', () =>
  withRewriter(async ({ begun, erase, pass, state, rewriter }) => {
    await erase()
    state.fails = true
    await pass(20 * SECOND)
    expect(begun.length).toBe(1)
    expect(rewriter.waitedMs).toBeGreaterThan(0)
    state.fails = false
    await pass(60 * SECOND)
    expect(begun.length).toBe(2)
    expect((begun[1] ?? 0) - (begun[0] ?? 0)).toBeGreaterThanOrEqual(60 * SECOND)
    expect(rewriter.waitedMs).toBe(0)
  }))

test('a start and a stop wait for the rewriting of a small file alone', () =>
  withRewriter(async ({ begun, erase, rewriter, state }) => {
    await erase()
    state.size = 100_000_001
    await rewriter.rewriteSmall()
    expect(begun).toEqual([])
    state.size = 100_000_000
    await rewriter.rewriteSmall()
    await rewriter.rewriteSmall()
    expect(begun).toEqual([0])
  }))

test('after a clock that was set back, a moment is quiet ten seconds later', () =>
  withRewriter(async ({ begun, clock, erase, pass }) => {
    await pass(10 * SECOND)
    clock.setTimeOfDay(-3600 * SECOND)
    await erase()
    await pass(15 * SECOND)
    expect(begun.length).toBe(1)
  }))

test('a clock that was set forward makes nothing overdue', () =>
  withRewriter(async ({ begun, clock, erase, pass, rewriter, state }) => {
    await erase()
    state.isBusy = true
    await pass(10 * SECOND)
    clock.setTimeOfDay(2 * DAY)
    await pass(10 * SECOND)
    expect([begun, rewriter.waitedMs]).toEqual([[], 20 * SECOND])
    state.isBusy = false
    state.fails = true
    await pass(10 * SECOND)
    clock.setTimeOfDay(2 * DAY)
    await pass(30 * SECOND)
    expect(begun.length).toBe(1)
  }))
