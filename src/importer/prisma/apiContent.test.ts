import { expect, test } from 'vitest'
import { partsOfContent } from './apiContent.ts'

function read(content: unknown) {
  const dropped: string[] = []
  return { parts: partsOfContent(content, reason => dropped.push(reason)), dropped }
}

test.each([
  [
    'JSON that only looks like blocks',
    '[{"type":"text","label":"Nome"}]',
    ['[{"type":"text","label":"Nome"}]'],
  ],
  ['parts of the AI SDK', { parts: [{ type: 'step-start' }, { type: 'text', text: 'Oi' }] }, ['Oi']],
  ['a list of texts', ['a', 'b'], ['a', 'b']],
  ['bytes of a text', new TextEncoder().encode('é'), ['é']],
  ['a number', 7n, ['7']],
  ['the blocks of the old API', [{ type: 'text', text: { value: 'Oi' } }], ['Oi']],
])('%s is read as its words', (_, content, texts) => {
  expect(read(content).parts).toEqual(texts.map(text => ({ type: 'text', text })))
})

test.each([
  ['bytes that are no text', new Uint8Array([255, 254])],
  ['an object of another shape', { body: 'Oi' }],
  ['a block without the field of its type', [{ type: 'text', label: 'Nome' }]],
])('%s is dropped, and the report says so', (_, content) => {
  expect(read(content)).toMatchObject({ parts: [], dropped: [expect.stringContaining('content')] })
})

test('an empty row is a message without words, and nothing is dropped', () => {
  expect(read(null)).toEqual({ parts: [], dropped: [] })
})
