import { expect, test } from 'vitest'
import { type CountShared, RequestCounts } from './requestCounts.ts'

function counting(perMinute: number, countShared?: CountShared) {
  let now = 0
  const counts = new RequestCounts({
    perMinute,
    factors: { send: 1, search: 2 },
    clock: { monotonic: () => now },
    countShared,
  })
  const isTaken = async (kind: 'send' | 'search' | 'other' | undefined, who: string) => {
    try {
      await counts.count(kind, who)
      return true
    } catch (error) {
      expect(error).toMatchObject({ code: 'RATE_LIMITED' })
      return (error as { details: { retryAfter: number } }).details.retryAfter
    }
  }
  return { isTaken, wait: (ms: number) => (now += ms) }
}

test('each one has a minute that begins with the first request, for each kind', async () => {
  const { isTaken, wait } = counting(1)
  expect(await isTaken('send', 'a')).toBe(true)
  wait(30_500)
  expect(await isTaken('send', 'b')).toBe(true)
  expect([await isTaken('send', 'a'), await isTaken('send', 'b')]).toEqual([30, 60])
  expect(await inTurn(3, () => isTaken('search', 'a'))).toEqual([true, true, 60])
  wait(29_500)
  expect([await isTaken('send', 'a'), await isTaken('send', 'b')]).toEqual([true, 31])
})

test('other kinds are free, and so is everything without a limit', async () => {
  const limited = counting(1)
  const free = counting(0)
  for (let request = 0; request < 3; request++) {
    expect([await limited.isTaken('other', 'a'), await limited.isTaken(undefined, 'a')]).toEqual([true, true])
    expect(await free.isTaken('send', 'a')).toBe(true)
  }
})

test('nodes share the counts of requests that cost money, and ask for nothing once one alone is over the limit', async () => {
  const asked: string[] = []
  const { isTaken } = counting(2, async key => {
    asked.push(key)
    return { requests: asked.length + 1, leftMs: 4200 }
  })
  expect(await inTurn(3, () => isTaken('send', 'a'))).toEqual([true, 5, 60])
  expect(await isTaken('search', 'a')).toBe(true)
  expect(asked).toEqual(['send a', 'send a'])
})

test('if the shared counts cannot be had, those of the node hold', async () => {
  const { isTaken } = counting(1, () => Promise.reject(new Error('away')))
  expect(await inTurn(2, () => isTaken('send', 'a'))).toEqual([true, 60])
})

async function inTurn<T>(times: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = []
  while (results.length < times) results.push(await work())
  return results
}
