import { expect, test } from 'vitest'
import { LEASE, LeaseWatch, type NodeBeat } from './leaseWatch.ts'

const node = (id: string, beat: number, hasLeft = false) => ({ id, beat, hasLeft })

/** Looks every second from `from` to `until`. Gives what the last look found. */
function watchOn(watch: LeaseWatch, nodes: NodeBeat[], { from, until }: { from: number; until: number }) {
  for (let at = from; at < until; at += 1000) watch.look(nodes, at)
  return watch.look(nodes, until)
}

test('a node whose beat stands still for the lease is dead, and one that beats is not', () => {
  const watch = new LeaseWatch()
  expect(watch.look([node('a', 1), node('b', 1)], 0)).toEqual([])
  expect(watchOn(watch, [node('a', 1), node('b', 2)], { from: 1000, until: LEASE - 1 })).toEqual([])
  expect(watch.look([node('a', 1), node('b', 2)], LEASE)).toEqual([node('a', 1)])
})

test('who could not look has seen nothing: all nodes count from the next look on', () => {
  const watch = new LeaseWatch()
  watchOn(watch, [node('a', 1)], { from: 0, until: LEASE - 1000 })
  watch.forget()
  expect(watch.look([node('a', 1)], LEASE)).toEqual([])
  expect(watchOn(watch, [node('a', 1)], { from: LEASE, until: 2 * LEASE })).toEqual([node('a', 1)])
})

test('who was frozen has seen nothing either, so that no node takes over from all others when a machine wakes', () => {
  const watch = new LeaseWatch()
  watchOn(watch, [node('a', 1)], { from: 0, until: 5000 })
  expect(watch.look([node('a', 1)], 60_000)).toEqual([])
  expect(watchOn(watch, [node('a', 1)], { from: 61_000, until: 60_000 + LEASE })).toEqual([node('a', 1)])
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
  expect(watchOn(watch, [node('a', 1)], { from: 4000, until: LEASE + 2999 })).toEqual([])
  expect(watch.look([node('a', 1)], LEASE + 3000)).toEqual([node('a', 1)])
})
