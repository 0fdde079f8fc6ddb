import { expect, test } from 'vitest'
import { decodeText, readTextFile } from './readTextFiles.ts'

const bytes = (...values: number[]) => new Uint8Array(values)

test.each([
  ['UTF-8', new TextEncoder().encode('ação\n👍'), 'ação\n👍'],
  ['UTF-8 with a mark', bytes(0xef, 0xbb, 0xbf, 0x61), 'a'],
  ['UTF-16, little end first', bytes(0xff, 0xfe, 0x61, 0x00, 0xe7, 0x00), 'aç'],
  ['UTF-16, big end first', bytes(0xfe, 0xff, 0x00, 0x61), 'a'],
  ['Windows-1252', bytes(0x61, 0xe7, 0xe3, 0x6f, 0x3b, 0x80), 'ação;€'],
  ['terminal colours', new TextEncoder().encode('\u001b[31mred'), '\u001b[31mred'],
])('%s is read', (_, file, text) => {
  expect(decodeText(file)).toBe(text)
})

test.each([
  ['a picture', bytes(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0)],
  ['a PDF', new TextEncoder().encode('%PDF-1.7 all of it readable')],
  ['a zip', bytes(0x50, 0x4b, 0x03, 0x04)],
])('%s is no text', (_, file) => {
  expect(decodeText(file)).toBeNull()
})

const file = (name: string, text: string, size?: number) => {
  const data = new TextEncoder().encode(text)
  return { name, size: size ?? data.length, arrayBuffer: async () => data.buffer }
}

test('a file says why it is not taken', async () => {
  expect(await readTextFile(file('a.txt', 'um'))).toEqual({ name: 'a.txt', text: 'um' })
  expect(await readTextFile(file('a.txt', ' \n'))).toEqual({ name: 'a.txt', refusal: 'empty' })
  expect(await readTextFile(file('a.txt', 'um', 2_000_000))).toEqual({ name: 'a.txt', refusal: 'too-large' })
  const gone = { name: 'pasta', size: 0, arrayBuffer: () => Promise.reject(new Error('gone')) }
  expect(await readTextFile(gone)).toEqual({ name: 'pasta', refusal: 'unreadable' })
})

test('a long name keeps its ending', async () => {
  const { name } = await readTextFile(file(`${'a'.repeat(300)}.csv`, 'um'))
  expect(name).toHaveLength(200)
  expect(name).toMatch(/a….csv$/)
})
