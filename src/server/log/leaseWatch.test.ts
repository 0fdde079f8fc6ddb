import { expect, test } from 'vitest'
import { LEASE, LeaseWatch } from './leaseWatch.ts'

const node = (id: string, beat: number, hasLeft = false) => ({ id, beat, hasLeft })

test('a node whose beat stands still for the lease is dead, and one that beats is not', () => {
  const watch = new LeaseWatch()
  expect(watch.look([node('a', 1), node('b', 1)], 0)).toEqual([])
  expect(watch.look([node('a', 1), node('b', 2)], LEASE - 1)).toEqual([])
  expect(watch.look([node('a', 1), node('b', 2)], LEASE)).toEqual([node('a', 1)])
})

test('who could not look has seen nothing: all nodes count from the next look on', () => {
  const watch = new LeaseWatch()
  watch.look([node('a', 1)], 0)
  watch.forget()
  expect(watch.look([node('a', 1)], LEASE)).toEqual([])
  expect(watch.look([node('a', 1)], 2 * LEASE)).toEqual([node('a', 1)])
})

test('a new node is not dead at first sight', () => {
  expect(new LeaseWatch().look([node('a', 7)], 10 * LEASE)).toEqual([])
})

test('a node that has left is dead at once', () => {
  expect(new LeaseWatch().look([node('a', 7, true)], 0)).toEqual([node('a', 7, true)])
})

test('a node that beats every five seconds lives, also if one beat is late', () => {
  const watch = new LeaseWatch()
  for (let second = 0; second < 60; second++) {
    const beat = Math.floor(second / 5)
    // The fourth beat is stored as late as the fifth.
    const stored = beat === 4 ? 3 : beat
    expect(watch.look([node('a', stored)], second * 1000), `after ${second} s`).toEqual([])
  }
})

test('a slow answer makes a death later by the time that it took, and by no more', () => {
  const watch = new LeaseWatch()
  watch.look([node('a', 1)], 0)
  watch.excuse(1500)
  watch.excuse(1500)
  expect(watch.look([node('a', 1)], LEASE + 2999)).toEqual([])
  expect(watch.look([node('a', 1)], LEASE + 3000)).toEqual([node('a', 1)])
})
