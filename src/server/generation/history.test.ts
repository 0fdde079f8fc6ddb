import { describe, expect, test } from 'vitest'
import { lastQuestion, messageAsText, newerHalf, replyItems } from './history.ts'
import type { ProviderMessage } from './provider.ts'

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

describe('what is left of a history', () => {
  const say = (role: ProviderMessage['role'], length: number): ProviderMessage => ({
    role,
    parts: [{ id: '1', type: 'text', text: 'a'.repeat(length) }],
  })
  const indexIn = (history: readonly ProviderMessage[], rest: readonly ProviderMessage[] | undefined) =>
    rest && history.indexOf(rest[0] as ProviderMessage)

  test('is its newer half by length, from a question on, and always the last question', () => {
    const even = Array.from({ length: 9 }, (_, index) => say(index % 2 ? 'assistant' : 'user', 10))
    expect(indexIn(even, newerHalf(even))).toBe(6)
    const long = [say('user', 10), say('assistant', 10), say('user', 1000)]
    expect(indexIn(long, newerHalf(long))).toBe(2)
    const old = [
      say('user', 1000),
      say('assistant', 10),
      say('user', 10),
      say('assistant', 10),
      say('user', 10),
    ]
    expect(indexIn(old, newerHalf(old))).toBe(2)
    expect(indexIn(old, lastQuestion(old))).toBe(4)
  })

  test('is nothing less than a question alone', () => {
    expect(newerHalf([say('user', 1000)])).toBeUndefined()
    expect(lastQuestion([say('user', 1000)])).toBeUndefined()
  })
})

test('a text between two calls of one step does not make two steps of it', () => {
  const call = (id: string, step: number) =>
    ({
      id,
      type: 'tool',
      callId: `call_${id}`,
      tool: 'soma',
      step,
      arguments: '{}',
      status: 'completed',
      attempt: 1,
      content: id,
    }) as const
  const items = replyItems([
    { id: '1', type: 'text', text: 'Vejo.' },
    call('2', 1),
    { id: '3', type: 'text', text: ' E também:' },
    call('4', 1),
    { id: '5', type: 'text', text: 'Mais uma.' },
    call('6', 2),
    { id: '7', type: 'text', text: 'Pronto.' },
  ])
  expect(
    items.map(item => (item.role === 'calls' ? [item.content, item.calls.length] : item.content)),
  ).toEqual([['Vejo. E também:', 2], ['Mais uma.', 1], 'Pronto.'])
})
