import { expect, test } from 'vitest'
import { messageAsText } from './history.ts'

test('files follow the text, each between fences with its name', () => {
  const parts = [
    { id: '1', type: 'text', text: 'Compare.' },
    { id: '2', type: 'file', name: 'a.txt', text: 'um' },
    { id: '3', type: 'file', name: 'b.txt', text: 'dois\n' },
  ] as const
  expect(messageAsText(parts)).toBe('Compare.\n\n```a.txt\num\n```\n\n```b.txt\ndois\n\n```')
})

test('a message of one file has no empty text before it', () => {
  expect(messageAsText([{ id: '1', type: 'file', name: 'a.txt', text: 'um' }])).toBe('```a.txt\num\n```')
})

test('neither the text nor the name of a file ends its fence', () => {
  const text = '```js\ncode\n```\n`````'
  const told = messageAsText([{ id: '1', type: 'file', name: 'a`\n```b.md', text }])
  expect(told).toBe(`\`\`\`\`\`\`a b.md\n${text}\n\`\`\`\`\`\``)
})

test('reasoning, sources and suggestions are left out', () => {
  const parts = [
    { id: '1', type: 'reasoning', text: 'hm' },
    { id: '2', type: 'text', text: 'Sim.' },
    { id: '3', type: 'source', url: 'https://example.com', title: 'x' },
    { id: '4', type: 'suggestions', questions: ['E depois?'] },
  ] as const
  expect(messageAsText(parts)).toBe('Sim.')
})
