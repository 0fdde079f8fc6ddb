import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldEvent, type StreamEvent } from './events.ts'
import { composedOf, composeParts, hasText, type Part, textOf, withPartIds } from './parts.ts'

const START = {
  runId: 'r',
  conversationId: 'c',
  userMessageId: 'u',
  messageId: 'm',
  model: 'model',
  assistant: 'assistant',
}

const content = fc.string({ maxLength: 3 })
const event = fc.oneof<fc.Arbitrary<StreamEvent>[]>(
  fc.record({
    type: fc.constantFrom('text-delta', 'refusal-delta', 'reasoning-delta'),
    content,
  }),
  fc.record({ type: fc.constant('source-add'), url: fc.webUrl(), title: content }),
  fc.record({ type: fc.constant('suggestions-add'), questions: fc.array(content, { maxLength: 2 }) }),
  fc.constant({ type: 'run-retry', attempt: 1, seconds: 1, code: 'UPSTREAM_OVERLOADED' }),
)

function folded(events: readonly StreamEvent[], parts: Part[] = []): Part[] {
  for (const each of events) foldEvent(parts, each)
  return parts
}

test('a part keeps its id, also across a snapshot, and no other part of the message has it', () => {
  fc.assert(
    fc.property(fc.array(event), fc.nat(), (events, at) => {
      const cut = at % (events.length + 1)
      const whole = folded(events)
      expect(hasText(whole)).toBe(textOf(whole) !== '')
      expect(whole.map(({ id }) => id)).toEqual(whole.map((_, index) => String(index + 1)))
      const before = folded(events.slice(0, cut))
      expect(before.map(({ id, type }) => [id, type])).toEqual(
        whole.slice(0, before.length).map(({ id, type }) => [id, type]),
      )
      const late = folded([{ type: 'snapshot', ...START, parts: before }, ...events.slice(cut)])
      expect(late).toEqual(whole)
    }),
  )
})

test('a continued reply keeps the ids of its parts and counts on from them', () => {
  const broken: Part[] = [
    { id: '1', type: 'text', text: 'um' },
    { id: '2', type: 'break', status: 'stopped', code: null },
  ]
  const parts = folded([
    { type: 'run-continue', messageId: 'a', parts: broken },
    { type: 'text-delta', content: ' dois' },
  ])
  expect(parts).toEqual([...broken, { id: '3', type: 'text', text: ' dois' }])
})

test('old parts without ids get the numbers of their places as ids', () => {
  const stored = [
    { type: 'text', text: 'um' },
    { type: 'break', status: 'stopped', code: null },
  ] as const
  expect(withPartIds(stored).map(({ id }) => id)).toEqual(['1', '2'])
  expect(withPartIds([{ id: '7', type: 'text', text: 'um' }])).toEqual([
    { id: '7', type: 'text', text: 'um' },
  ])
  const older = JSON.parse(JSON.stringify({ type: 'run-continue', messageId: 'a', parts: stored }))
  expect(folded([older]).map(({ id }) => id)).toEqual(['1', '2'])
})

test('text and attachments survive being made into parts and back', () => {
  const written = fc.record({
    content: fc.oneof(fc.string(), fc.constant(' ')),
    attachments: fc.array(fc.record({ name: fc.string(), text: fc.string() }), { maxLength: 3 }),
  })
  fc.assert(
    fc.property(written, ({ content, attachments }) => {
      const parts = composeParts({ content, attachments })
      const isBlank = content.trim() === ''
      expect(composedOf(parts)).toEqual({ content: isBlank ? '' : content, attachments })
      expect(parts.map(({ id }) => id)).toEqual(parts.map((_, index) => String(index + 1)))
    }),
  )
})

test('a page shows the parts it knows and ignores the types of a newer server', () => {
  const parts = JSON.parse('[{"id":"1","type":"text","text":"a"},{"id":"2","type":"hologram","text":"b"}]')
  expect(textOf(parts)).toBe('a')
  expect(composedOf(parts)).toEqual({ content: 'a', attachments: [] })
})

test('what is wrong in a stored picture, a document, a call with files and a search is left out', () => {
  const file = { fileId: 'f', name: 'a', mediaType: 'image/png', size: 1 }
  const image = { type: 'image', ...file, width: 2, height: 3 }
  const whole = { ...image, status: 'failed', version: 1, code: 'QUOTA_EXCEEDED', description: 'x' }
  const call = {
    type: 'tool',
    callId: 'c',
    tool: 't',
    step: 1,
    arguments: '',
    status: 'completed',
    attempt: 1,
  }
  const search = { type: 'search', searchId: 's', queries: ['x'], status: 'completed' }
  const wrong = [
    { ...image, status: 5, version: '1', code: 'toString', description: {} },
    { type: 'document', ...file, givenAs: 'whole' },
    { ...call, files: [image, null, { ...image, width: 'x' }, { ...image, type: 'text' }] },
    { ...search, queries: [1, 'x'], status: 'gone', url: 5, found: 'x' },
  ]
  expect(withPartIds(wrong as never)).toEqual([
    { id: '1', ...image },
    { id: '2', type: 'document', ...file },
    { id: '3', ...call, files: [image] },
    { id: '4', ...search, queries: ['1', 'x'], status: 'stopped' },
  ])
  const right = [whole, { ...call, files: [whole] }, search]
  expect(withPartIds(right as never)).toEqual(
    right.map((part, index) => ({ id: String(index + 1), ...part })),
  )
})
