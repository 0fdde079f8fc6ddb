import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_BODY_BYTES } from '../../../protocol/limits.ts'
import {
  addFiles,
  type ChosenFile,
  clientMessageIdFor,
  freeAttachmentName,
  fullnessOf,
  isLongPaste,
  joinMessages,
} from './composed.ts'

test('how full a message is says whether it can be sent', () => {
  const text = (length: number) => ({ content: 'x'.repeat(length), attachments: [] })
  expect(fullnessOf(text(1000))).toBe(0)
  expect(fullnessOf(text(MAX_BODY_BYTES - 1000))).toBeGreaterThan(0.99)
  expect(fullnessOf(text(MAX_BODY_BYTES - 1000))).toBeLessThanOrEqual(1)
  expect(fullnessOf(text(MAX_BODY_BYTES))).toBeGreaterThan(1)
  const file = { name: 'Texto colado 1', text: '\u0001'.repeat(MAX_BODY_BYTES / 6) }
  expect(fullnessOf({ content: '', attachments: [file] })).toBeGreaterThan(1)
})

test('a message that is not said to be full fits into a request, whatever it is made of', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 2000 }),
      fc.integer({ min: 1, max: 600 }),
      (unit, times) => {
        const message = { content: unit.repeat(times), attachments: [] }
        const bytes = new TextEncoder().encode(JSON.stringify(message)).length
        if (fullnessOf(message) <= 1) expect(bytes).toBeLessThanOrEqual(MAX_BODY_BYTES)
      },
    ),
    { numRuns: 30 },
  )
})

test('a paste is long by its characters or by its lines', () => {
  expect(isLongPaste('a'.repeat(2000))).toBe(false)
  expect(isLongPaste('a'.repeat(2001))).toBe(true)
  expect(isLongPaste(Array(30).fill('a').join('\n'))).toBe(false)
  expect(isLongPaste(Array(31).fill('a').join('\n'))).toBe(true)
})

const chosen = (name: string, text?: string): ChosenFile => {
  const bytes = () => Promise.reject(new Error('nobody reads it'))
  const source = { name, size: text?.length ?? 1, mediaType: '', bytes }
  return text === undefined ? { source } : { source, text }
}

test('chosen texts are attached as long as there is room, under names of their own; the rest is uploaded', () => {
  const message = { content: '', attachments: [{ name: 'a.txt', text: '1' }] }
  const large = chosen('b', 'x'.repeat(MAX_BODY_BYTES))
  const picture = chosen('c.png')
  const { attachments, uploads, refused } = addFiles(message, [chosen('a.txt', '2'), large, picture])
  expect(attachments).toEqual([...message.attachments, { name: 'a (2).txt', text: '2' }])
  expect(uploads).toEqual([large.source, picture.source])
  expect(refused).toEqual([])
  for (const name of [`${'n'.repeat(196)}.txt`, `n.${'n'.repeat(198)}`]) {
    const added = addFiles({ content: '', attachments: [{ name, text: '1' }] }, [chosen(name, '1')])
    expect(added.attachments[1]?.name).toHaveLength(200)
  }
})

test('a message has ten attachments, with those that are uploaded', () => {
  const message = { content: '', attachments: [{ name: 'a.txt', text: '1' }] }
  const files = Array.from({ length: 8 }, (_, index) => chosen(`${index}`, index % 2 === 0 ? 'x' : undefined))
  const { attachments, uploads, refused } = addFiles(message, files, 3)
  expect([attachments.length, uploads.length, refused]).toEqual([4, 3, ['6', '7']])
})

test('an attachment gets the first name that is free', () => {
  const named = (number: number) => `Texto colado ${number}`
  expect(freeAttachmentName([], named)).toBe('Texto colado 1')
  expect(freeAttachmentName([{ name: 'Texto colado 2', text: '' }], named)).toBe('Texto colado 1')
  expect(freeAttachmentName([{ name: 'Texto colado 1', text: '' }], named)).toBe('Texto colado 2')
})

test('a message keeps its name while nothing of it changes', () => {
  const file = { name: 'a', text: 'b' }
  const returned = { clientMessageId: 'k1', content: 'oi', attachments: [file] }
  const name = (content: string, attachments = [file]) =>
    clientMessageIdFor({ content, attachments }, returned, () => 'new')
  expect(name('oi', [{ ...file }])).toBe('k1')
  expect(name('oi!')).toBe('new')
  expect(name('oi', [{ ...file, text: 'c' }])).toBe('new')
})

test('two messages become one with the text and the attachments of both', () => {
  const one = { content: 'um', attachments: [{ name: 'a', text: 'a' }] }
  const two = { content: ' ', attachments: [{ name: 'b', text: 'b' }] }
  expect(joinMessages(one, two)).toEqual({
    content: 'um',
    attachments: [...one.attachments, ...two.attachments],
  })
})

test('two messages as one lose no attachment: names stay apart, and what is too many becomes text', () => {
  const files = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      name: `nota ${index + 1}.txt`,
      text: `texto ${index + 1}`,
    }))
  const both = joinMessages(
    { content: 'um', attachments: files(9) },
    { content: 'dois', attachments: files(3) },
  )
  expect(both.attachments).toEqual([...files(9), { name: 'nota 1 (2).txt', text: 'texto 1' }])
  expect(both.content).toBe('um\n\ndois\n\ntexto 2\n\ntexto 3')
  const plain = { content: '', attachments: [{ name: 'nota', text: '' }] }
  expect(joinMessages(plain, plain).attachments.map(({ name }) => name)).toEqual(['nota', 'nota (2)'])
})
