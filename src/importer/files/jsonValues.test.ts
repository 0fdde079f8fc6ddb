import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { jsonValues } from './jsonValues.ts'

/** The values of a file with this text, which arrives in pieces of `size` bytes. */
async function read(
  text: string | Buffer,
  { size = 3, ...bounds }: { size?: number; maxValue?: number; maxInner?: number } = {},
) {
  const bytes = Buffer.from(text)
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
  const file = { name: 'chats.json', bytes: bytes.length, open: async () => Readable.from(pieces) }
  const values: unknown[] = []
  for await (const value of jsonValues(file, bounds)) values.push(value)
  return values
}

test.each([
  ['[1,{"a":"é"}]', [1, { a: 'é' }]],
  ['[]', []],
  ['\ufeff [3]', [3]],
  ['{"a":[1,2]}', [{ a: [1, 2] }]],
  ['["\\u0000"]', ['\0']],
])('%s is read, wherever its bytes are split', async (text, values) => {
  for (const size of [1, 2, 3, 100]) expect(await read(text, { size })).toEqual(values)
})

test.each(['[1,{"a":', '[1,2', '[1,2] x', '[1}', '{"a":1', 'nope', '  ', '', '['.repeat(50_000)])(
  '%.20s is told as damaged',
  async text => {
    await expect(read(text, { size: 1000 })).rejects.toThrow(/^chats\.json is damaged, or it is no JSON/)
  },
)

test('one value has a bound, and many values together have none', async () => {
  const many = JSON.stringify(Array.from({ length: 50 }, () => 'x'.repeat(100_000)))
  const bound = { size: 10_000, maxValue: 1_000_000 }
  expect(await read(many, bound)).toHaveLength(50)
  await expect(read(JSON.stringify(['x'.repeat(2_000_000)]), bound)).rejects.toThrow(
    'more than 1000000 bytes',
  )
})

test('one value has a bound for what is in it, because small things take much memory', async () => {
  const many = JSON.stringify(Array.from({ length: 50 }, () => Array.from({ length: 100 }, () => ({}))))
  const bound = { size: 500, maxInner: 1000 }
  expect(await read(many, bound)).toHaveLength(50)
  const one = JSON.stringify([Array.from({ length: 1000 }, () => ({}))])
  await expect(read(one, bound)).rejects.toThrow('more than 1000 keys and values')
  const alone = JSON.stringify({ a: Array.from({ length: 1000 }, () => ({})) })
  await expect(read(alone, bound)).rejects.toThrow('more than 1000 keys and values')
})
