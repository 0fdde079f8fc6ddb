import { expect, test } from 'vitest'
import { createLatestWrites } from './latestWrites.ts'

test('writes of one name happen one at a time, and of those that wait only the newest', async () => {
  const writes = createLatestWrites()
  const { promise, resolve } = Promise.withResolvers<void>()
  const done: [string, boolean][] = []
  const write = (name: string) => async (isLast: () => boolean) => {
    await promise
    done.push([name, isLast()])
  }
  const first = writes.write('a', write('one'))
  writes.write('a', write('two'))
  writes.write('a', write('three'))
  const other = writes.write('b', write('other'))
  expect(writes.has('a')).toBe(true)
  resolve()
  await Promise.all([first, other])
  expect(done).toEqual([
    ['one', false],
    ['other', true],
    ['three', true],
  ])
  expect(writes.has('a')).toBe(false)
})
