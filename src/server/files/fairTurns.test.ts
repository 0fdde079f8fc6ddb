import { expect, test } from 'vitest'
import { FairTurns } from './fairTurns.ts'

/** Works that end when the test says so. */
function openWorks(turns: FairTurns) {
  const begun: string[] = []
  const ends = new Map<string, (error?: Error) => void>()
  return {
    begun,
    add(ownerId: string, number: number): Promise<string> {
      const name = `${ownerId}${number}`
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      ends.set(name, error => (error ? reject(error) : resolve(name)))
      return turns.take(ownerId, () => {
        begun.push(name)
        return promise
      })
    },
    async end(name: string, error?: Error) {
      ends.get(name)?.(error)
      await new Promise(setImmediate)
    },
  }
}

test('one owner has one work at a time, and another one does not wait for the rest', async () => {
  const { add, begun, end } = openWorks(new FairTurns(2))
  for (let number = 1; number <= 20; number++) void add('a', number)
  await end('')
  expect(begun).toEqual(['a1'])
  const other = add('b', 1)
  await end('b1')
  expect(await other).toBe('b1')
  expect(begun).toEqual(['a1', 'b1'])
})

test('who was served last comes last', async () => {
  const { add, begun, end } = openWorks(new FairTurns(1))
  for (const owner of ['a', 'b']) for (const number of [1, 2]) void add(owner, number)
  await end('a1')
  void add('c', 1)
  await end('b1')
  await end('a2')
  await end('c1')
  await end('b2')
  expect(begun).toEqual(['a1', 'b1', 'a2', 'c1', 'b2'])
})

test('a work that fails gives its turn on, and the order of one owner is kept', async () => {
  const { add, begun, end } = openWorks(new FairTurns(1))
  const first = expect(add('a', 1)).rejects.toThrow('broken')
  const others = [add('a', 2), add('a', 3)]
  await end('a1', new Error('broken'))
  await first
  await end('a2')
  await end('a3')
  expect(await Promise.all(others)).toEqual(['a2', 'a3'])
  expect(begun).toEqual(['a1', 'a2', 'a3'])
})
