import { expect, test } from 'vitest'
import { createManualTimers } from '../testing/manualTimers.ts'
import { createTurns, type Turn } from './turns.ts'

/** Two slots, and candidates that are answered at once and wait again whenever they give way. */
function setUp() {
  const timers = createManualTimers()
  const turns = createTurns({ slots: 2, turnLength: 300, timers })
  const holding = new Set<string>()
  const begun: string[] = []
  let most = 0

  function add(name: string, rank: () => number = () => 0, answers = true): { end(): void } {
    let turn: Turn
    const wait = () => {
      turn = turns.wait({
        rank,
        begin: () => {
          holding.add(name)
          begun.push(name)
          most = Math.max(most, holding.size)
          if (answers) queueMicrotask(() => turn.answered())
        },
        giveWay: () => {
          end()
          wait()
        },
      })
    }
    const end = () => {
      holding.delete(name)
      turn.end()
    }
    wait()
    return { end }
  }

  return { timers, turns, add, begun, holding: () => [...holding].sort(), most: () => most }
}

test('nobody is disturbed while no one waits', async () => {
  const { timers, add, begun } = setUp()
  add('a')
  add('b')
  await timers.advance(10_000)
  expect(begun).toEqual(['a', 'b'])
})

test('five that share two slots all come, again and again, and never three at once', async () => {
  const { timers, add, begun, most } = setUp()
  for (const name of ['a', 'b', 'c', 'd', 'e']) add(name)
  await timers.advance(3_000)
  const turns = ['a', 'b', 'c', 'd', 'e'].map(name => begun.filter(each => each === name).length)
  expect(Math.min(...turns)).toBeGreaterThanOrEqual(4)
  expect(Math.max(...turns) - Math.min(...turns)).toBeLessThanOrEqual(1)
  expect(most()).toBe(2)
})

test('a higher rank takes a slot at once, and keeps it', async () => {
  const { timers, add, holding } = setUp()
  add('a')
  add('b')
  await timers.advance(0)
  add('c', () => 1)
  expect(holding()).toContain('c')
  await timers.advance(1_000)
  expect(holding()).toContain('c')
})

test('a rank that rises counts from its review', async () => {
  const { timers, turns, add, holding } = setUp()
  let rank = 0
  add('a', () => 1)
  add('b', () => 1)
  add('c', () => rank)
  await timers.advance(1_000)
  expect(holding()).toEqual(['a', 'b'])
  rank = 2
  turns.review()
  expect(holding()).toContain('c')
})

test('a holder that has no answer yet is not asked to give way', async () => {
  const { timers, add, holding } = setUp()
  const first = add('a', () => 0, false)
  add('b', () => 0, false)
  add('c', () => 1)
  await timers.advance(5_000)
  expect(holding()).toEqual(['a', 'b'])
  first.end()
  expect(holding()).toEqual(['b', 'c'])
})

test('one that ends in the queue is never begun', async () => {
  const { timers, add, begun } = setUp()
  const first = add('a', () => 0, false)
  add('b', () => 0, false)
  add('c').end()
  first.end()
  await timers.advance(1_000)
  expect(begun).toEqual(['a', 'b'])
})
