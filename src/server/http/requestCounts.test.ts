import { expect, test } from 'vitest'
import { RequestCounts } from './requestCounts.ts'

function counting(perMinute: number) {
  let now = 0
  const counts = new RequestCounts({
    perMinute,
    factors: { send: 1, search: 2 },
    clock: { monotonic: () => now },
  })
  const isTaken = (kind: 'send' | 'search' | 'other' | undefined, who: string) => {
    try {
      counts.count(kind, who)
      return true
    } catch (error) {
      expect(error).toMatchObject({ code: 'RATE_LIMITED' })
      return (error as { details: { retryAfter: number } }).details.retryAfter
    }
  }
  return { isTaken, wait: (ms: number) => (now += ms) }
}

test('each one has a minute that begins with the first request, for each kind', () => {
  const { isTaken, wait } = counting(1)
  expect(isTaken('send', 'a')).toBe(true)
  wait(30_500)
  expect(isTaken('send', 'b')).toBe(true)
  expect([isTaken('send', 'a'), isTaken('send', 'b')]).toEqual([30, 60])
  expect([isTaken('search', 'a'), isTaken('search', 'a'), isTaken('search', 'a')]).toEqual([true, true, 60])
  wait(29_500)
  expect([isTaken('send', 'a'), isTaken('send', 'b')]).toEqual([true, 31])
})

test('other kinds are free, and so is everything without a limit', () => {
  const limited = counting(1)
  const free = counting(0)
  for (let request = 0; request < 3; request++) {
    expect([limited.isTaken('other', 'a'), limited.isTaken(undefined, 'a')]).toEqual([true, true])
    expect(free.isTaken('send', 'a')).toBe(true)
  }
})
