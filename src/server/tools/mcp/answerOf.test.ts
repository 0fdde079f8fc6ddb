import { expect, test } from 'vitest'
import { answerOf } from './answerOf.ts'

test('texts are joined, and whatever is no text is told in words, and given', () => {
  const base64 = 'A'.repeat(16_000)
  expect(
    answerOf({
      content: [
        { type: 'text', text: 'Um.' },
        { type: 'image', data: base64, mimeType: 'image/png' },
        { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' },
        { type: 'resource_link', uri: 'file:///a.md', name: 'a.md' },
        { type: 'resource', resource: { uri: 'file:///b.md', text: 'Dois.' } },
        { type: 'resource', resource: { uri: 'file:///c.zip', blob: base64 } },
      ],
    }),
  ).toEqual({
    content:
      'Um.\n\n[image, 12 kB]\n\n[audio, 3 bytes]\n\n[a.md: file:///a.md]\n\nDois.\n\n[file file:///c.zip, 12 kB]',
    files: [{ bytes: base64 }, { bytes: 'AAAA' }, { name: 'c.zip', bytes: base64 }],
  })
})

test('data is told as JSON where there is no text', () => {
  expect(answerOf({ content: [], structuredContent: { a: 1 }, isError: true })).toEqual({
    content: '{"a":1}',
    isError: true,
  })
  expect(answerOf({ content: [{ type: 'text', text: 'one' }], structuredContent: { a: 1 } })).toEqual({
    content: 'one',
  })
})
