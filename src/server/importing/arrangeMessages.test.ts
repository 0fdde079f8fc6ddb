import { expect, test } from 'vitest'
import { arrangeMessages } from './arrangeMessages.ts'
import type { ImportedMessage } from './importedConversation.ts'

const NO_ROLE = null

/** A message whose text is its id. Its time is its place, unless `at` says otherwise. */
function message(
  id: string,
  parentId: string | null,
  role: ImportedMessage['role'],
  { at = null, text = id }: { at?: number | null; text?: string } = {},
): ImportedMessage {
  return { id, parentId, role, parts: [{ type: 'text', text }], createdAt: at, model: null }
}

function arrange(messages: readonly ImportedMessage[]) {
  const dropped: string[] = []
  const arranged = arrangeMessages(messages, { fallbackTime: 1, drop: reason => dropped.push(reason) })
  const tree = arranged.messages.map(({ id, parentId, role, parts }) => {
    const text = parts.map(part => ('text' in part ? part.text : part.url)).join('|')
    return `${parentId ?? '-'} > ${id} ${role}: ${text}`
  })
  return { tree, dropped, idOf: arranged.idOf, messages: arranged.messages }
}

test('branches stay, parents come first, and messages are in the order of their times', () => {
  const { tree, dropped } = arrange([
    message('b', 'q', 'ASSISTANT', { at: 30 }),
    message('a', 'q', 'ASSISTANT', { at: 20 }),
    message('q', null, 'USER', { at: 10 }),
    message('next', 'b', 'USER', { at: 5 }),
  ])
  expect(tree).toEqual(['- > q USER: q', 'q > a ASSISTANT: a', 'q > b ASSISTANT: b', 'b > next USER: next'])
  expect(dropped).toEqual([])
})

test('what is between the pieces of a reply is left out, and the pieces are one reply', () => {
  const { tree, idOf } = arrange([
    message('root', null, NO_ROLE),
    message('q', 'root', 'USER'),
    message('one', 'q', 'ASSISTANT'),
    message('tool', 'one', NO_ROLE),
    message('two', 'tool', 'ASSISTANT'),
  ])
  expect(tree).toEqual(['- > q USER: q', 'q > one ASSISTANT: one\n\ntwo'])
  expect([idOf('two'), idOf('tool'), idOf('root')]).toEqual(['one', 'one', null])
})

test('a reply that answers none gets a question above it, also where two follow the same reply', () => {
  const { tree, dropped } = arrange([
    message('greeting', null, 'ASSISTANT'),
    message('a', 'greeting', 'ASSISTANT'),
    message('b', 'greeting', 'ASSISTANT'),
  ])
  expect(tree).toEqual([
    '- > greeting? USER: …',
    'greeting? > greeting ASSISTANT: greeting',
    'greeting > a? USER: …',
    'a? > a ASSISTANT: a',
    'greeting > b? USER: …',
    'b? > b ASSISTANT: b',
  ])
  expect(dropped).toHaveLength(3)
})

test('two questions in a row stay two, an empty one is left out, and an empty last reply stays', () => {
  const { tree } = arrange([
    message('q', null, 'USER'),
    message('empty', 'q', 'USER', { text: ' ' }),
    message('again', 'empty', 'USER'),
    message('nothing', 'again', 'ASSISTANT', { text: '' }),
  ])
  expect(tree).toEqual(['- > q USER: q', 'q > again USER: again', 'again > nothing ASSISTANT: '])
})

test('a missing parent, a ring and a repeated id lose no message', () => {
  const { tree, dropped } = arrange([
    message('lost', 'nobody', 'USER'),
    message('lost', null, 'USER'),
    message('r1', 'r2', 'USER'),
    message('r2', 'r1', 'ASSISTANT'),
    message('self', 'self', 'USER'),
  ])
  expect(tree).toEqual([
    '- > lost USER: lost',
    '- > r1 USER: r1',
    '- > self USER: self',
    'r1 > r2 ASSISTANT: r2',
  ])
  expect(dropped).toEqual([
    'a second message with the same id',
    'a message whose parent is missing now begins a branch',
    'messages in a ring: one of them now begins a branch',
    'messages in a ring: one of them now begins a branch',
  ])
})

test('texts lose NULs, halves of characters and what is too long, and sources need an address', () => {
  const { messages, dropped } = arrange([
    {
      ...message('r', null, 'ASSISTANT'),
      parts: [
        { type: 'text', text: 'a\0b\uD800' },
        { type: 'file', name: ' x ', text: 'y'.repeat(2_000_001) },
        { type: 'source', url: 'javascript:alert(1)', title: '' },
        { type: 'source', url: 'https://a.example', title: '' },
      ],
    },
  ])
  expect(messages[1]?.parts).toEqual([
    { type: 'text', text: 'ab\uFFFD' },
    { type: 'file', name: 'x', text: 'y'.repeat(2_000_000) },
    { type: 'source', url: 'https://a.example/', title: 'a.example' },
  ])
  expect(dropped).toHaveLength(4)
})

test('texts in a row are paragraphs of one text, and sources come last, each once', () => {
  const source = { type: 'source', url: 'https://a.example/', title: 'A' } as const
  const parts = (...texts: string[]) => texts.flatMap(text => [{ type: 'text', text } as const, source])
  const { messages } = arrange([
    {
      ...message('q', null, 'USER'),
      parts: [
        { type: 'text', text: '[a.png]' },
        { type: 'text', text: 'Resuma.' },
      ],
    },
    { ...message('one', 'q', 'ASSISTANT'), parts: parts('um', 'dois') },
    { ...message('two', 'one', 'ASSISTANT'), parts: parts('três') },
  ])
  expect(messages.map(({ parts }) => parts)).toEqual([
    [{ type: 'text', text: '[a.png]\n\nResuma.' }],
    [{ type: 'text', text: 'um\n\ndois\n\ntrês' }, source],
  ])
})

test('the message of a person has only texts and files', () => {
  const { messages } = arrange([
    {
      ...message('q', null, 'USER'),
      parts: [
        { type: 'reasoning', text: 'Penso' },
        { type: 'refusal', text: 'Não' },
        { type: 'source', url: 'https://a.example/', title: 'A' },
        { type: 'file', name: 'a', text: 'b' },
      ],
    },
  ])
  expect(messages[0]?.parts).toEqual([
    { type: 'text', text: 'Penso\n\nNão\n\nhttps://a.example/' },
    { type: 'file', name: 'a', text: 'b' },
  ])
})

test('a ring is cut in the ring, and not where a reply hangs below it', () => {
  const { tree } = arrange([
    message('reply', 'question', 'ASSISTANT'),
    message('question', 'other', 'USER'),
    message('other', 'question', 'ASSISTANT'),
  ])
  expect(tree).toEqual([
    '- > question USER: question',
    'question > reply ASSISTANT: reply',
    'question > other ASSISTANT: other',
  ])
})

test('the question above a reply never has the id of a message', () => {
  const { tree } = arrange([
    message('a', null, 'ASSISTANT'),
    message('a?', null, 'USER'),
    message('b', 'a?', 'ASSISTANT'),
  ])
  expect(tree).toEqual(['- > a?? USER: …', 'a?? > a ASSISTANT: a', '- > a? USER: a?', 'a? > b ASSISTANT: b'])
})

const MANY = 100_000
const shapes: Record<string, (index: number) => string | null> = {
  'in a row': index => (index === 0 ? null : `m${index - 1}`),
  'in a ring': index => `m${(index + 1) % MANY}`,
  'below one': index => (index === 0 ? null : 'm0'),
  'without parents': () => null,
  'below one that is its own parent, and is last': () => `m${MANY - 1}`,
}

test.each(Object.entries(shapes))('100,000 messages %s are arranged', (_, parentOf) => {
  const messages = Array.from({ length: MANY }, (_, index) =>
    message(`m${index}`, parentOf(index), index % 2 ? 'ASSISTANT' : 'USER'),
  )
  const { messages: arranged } = arrange(messages)
  const ids = new Set<string | null>([null])
  for (const { id, parentId } of arranged) {
    if (!ids.has(parentId)) expect.fail(`${id} comes before its parent`)
    ids.add(id)
  }
  expect(
    arranged.filter(({ parts }) => 'text' in (parts[0] ?? {}) && JSON.stringify(parts).includes('m')),
  ).toHaveLength(MANY)
})
