import { readUIMessageStream } from 'ai'
import { expect, test } from 'vitest'
import type { EndStatus, StreamEvent } from '../protocol/events.ts'
import type { Part, PartType } from '../protocol/parts.ts'
import { type RiachoChunk, RunChunks } from './runChunks.ts'
import { type RiachoUIMessage, toUIMessages } from './uiMessage.ts'

const START = {
  runId: 'r',
  conversationId: 'c',
  userMessageId: 'u',
  messageId: 'a',
  model: 'm',
  assistant: 'riacho',
}

const REPLY = {
  role: 'ASSISTANT' as const,
  parentId: 'q',
  runId: 'r',
  model: 'm',
  code: null,
  retryable: false,
  retryAfter: null,
  usage: null,
  timing: null,
  cost: null,
  historyFrom: null,
  documents: null,
  feedback: null,
  createdAt: 1,
}

const CONVERSATION = {
  id: 'c',
  title: '',
  status: 'OPEN' as const,
  archived: false,
  pinned: false,
  titleStatus: 'final' as const,
  assistant: 'riacho',
  headMessageId: 'b',
  updatedAt: 1,
  temporary: false,
  expiresAt: null,
  readByAdminAt: null,
  createdAt: 1,
}

/** The chunks of these events, and the message that the AI SDK makes of them. */
async function made(events: readonly StreamEvent[]) {
  const chunks: RiachoChunk[] = []
  const run = new RunChunks(chunk => chunks.push(chunk))
  for (const event of events) run.apply(event)
  let message: RiachoUIMessage | undefined
  const stream = new ReadableStream<RiachoChunk>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
  for await (const state of readUIMessageStream<RiachoUIMessage>({ stream, onError: () => {} }))
    message = state
  return { chunks, message }
}

test('every kind of part becomes one of the AI SDK, and text after another part is a part of its own', async () => {
  const { message } = await made([
    { type: 'run-start', ...START },
    { type: 'reasoning-delta', content: 'Penso.' },
    { type: 'text-delta', content: 'Um' },
    { type: 'text-delta', content: ' dois' },
    { type: 'source-add', url: 'https://a.example/', title: 'A' },
    { type: 'run-retry', attempt: 2, seconds: 1, code: 'UPSTREAM_TIMEOUT' },
    { type: 'text-delta', content: ' três' },
    { type: 'refusal-delta', content: 'Não posso.' },
    { type: 'suggestions-add', questions: ['E?'] },
    { type: 'run-end', status: 'completed' },
  ])
  expect(message?.parts).toMatchObject([
    { type: 'step-start' },
    { type: 'reasoning', text: 'Penso.', state: 'done' },
    { type: 'text', text: 'Um dois', state: 'done' },
    { type: 'source-url', url: 'https://a.example/', title: 'A' },
    { type: 'text', text: ' três', state: 'done' },
    { type: 'text', text: 'Não posso.', providerMetadata: { riacho: { refusal: true } } },
    { type: 'data-riacho-suggestions', data: { questions: ['E?'] } },
  ])
})

test('a reply that continues another begins with its parts, and a snapshot replaces all of it', async () => {
  const before = [
    { id: '1', type: 'text' as const, text: 'Um' },
    { id: '2', type: 'break' as const, status: 'stopped' as const, code: null },
  ]
  const { message } = await made([
    { type: 'run-start', ...START },
    { type: 'run-continue', messageId: 'b', parts: before },
    { type: 'text-delta', content: ' do' },
    { type: 'snapshot', ...START, parts: [...before, { id: '3', type: 'text', text: ' dois' }] },
    { type: 'text-delta', content: ' três' },
    { type: 'run-end', status: 'completed' },
  ])
  expect(message?.parts).toMatchObject([
    { type: 'step-start' },
    { type: 'text', text: 'Um' },
    { type: 'data-riacho-break', data: { status: 'stopped', code: null } },
    { type: 'text', text: ' dois três', state: 'done' },
  ])
})

test('a reader that comes late begins with a snapshot, as the start of the message', async () => {
  const { chunks, message } = await made([
    { type: 'snapshot', ...START, parts: [{ id: '1', type: 'text', text: 'Um' }] },
    { type: 'text-delta', content: ' dois' },
    { type: 'run-end', status: 'interrupted', code: 'REPLY_INTERRUPTED', retryable: true },
  ])
  expect(chunks.map(({ type }) => type)).toEqual([
    'start',
    'start-step',
    'text-start',
    'text-delta',
    'text-delta',
    'text-end',
    'finish-step',
    'message-metadata',
    'error',
  ])
  expect(message).toMatchObject({ id: 'a', metadata: { code: 'REPLY_INTERRUPTED', retryable: true } })
})

test('nothing comes after the end', async () => {
  const run = new RunChunks(() => {})
  run.apply({ type: 'run-start', ...START })
  run.apply({ type: 'run-end', status: 'completed' })
  expect(() => run.apply({ type: 'text-delta', content: 'x' })).toThrow('after the end')
})

test('a question that nobody has answered is closed with its run, and waits after a pause', async () => {
  const question = { questionId: 'q', mode: 'form' as const, message: 'Que dia?', fields: [] }
  const asked = [
    { type: 'run-start', ...START },
    { type: 'tool-start', callId: 'call_1', tool: 't', step: 1 },
    { type: 'tool-run', callId: 'call_1', arguments: '{}', attempt: 1 },
    { type: 'question-start', callId: 'call_1', ...question },
  ] as const
  const questionAfter = async (status: EndStatus) => {
    const { message } = await made([...asked, { type: 'run-end', status }])
    return message?.parts.flatMap(part => (part.type === 'data-riacho-question' ? part.data : []))
  }
  const { fields: _, ...closed } = question
  expect(await questionAfter('stopped')).toEqual([{ toolCallId: 'call_1', ...closed }])
  expect(await questionAfter('paused')).toEqual([{ toolCallId: 'call_1', ...question }])
})

const STORED = { fileId: 'f', name: 'a.pdf', size: 1 }

const EXAMPLES: { [Type in PartType]: Part & { type: Type } } = {
  text: { id: '1', type: 'text', text: 'Um' },
  refusal: { id: '1', type: 'refusal', text: 'Não posso.' },
  reasoning: { id: '1', type: 'reasoning', text: 'Penso.' },
  source: { id: '1', type: 'source', url: 'https://a.example/', title: 'A' },
  suggestions: { id: '1', type: 'suggestions', questions: ['E?'] },
  file: { id: '1', type: 'file', name: 'a.txt', text: 'é' },
  image: { id: '1', type: 'image', ...STORED, mediaType: 'image/png', width: 1, height: 1 },
  document: { id: '1', type: 'document', ...STORED, mediaType: 'application/pdf' },
  tool: {
    id: '1',
    type: 'tool',
    callId: 'call_1',
    tool: 'soma',
    step: 1,
    arguments: '{"a":1}',
    status: 'completed',
    attempt: 1,
    content: '2',
  },
  search: { id: '1', type: 'search', searchId: 's', queries: ['x'], status: 'completed', found: 2 },
  break: { id: '1', type: 'break', status: 'stopped', code: null },
}

test.for(Object.values(EXAMPLES))(
  'a part of type $type is the same in a stream and in a stored reply',
  async part => {
    const parts = [part]
    const { message } = await made([
      { type: 'snapshot', ...START, parts },
      { type: 'run-end', status: 'completed' },
    ])
    const reply = { ...REPLY, id: 'a', parentId: null, status: 'completed' as const, parts }
    const conversation = { ...CONVERSATION, headMessageId: 'a' }
    const [stored] = toUIMessages({ conversation, messages: [reply as never] })
    const shown = stored?.parts.map(part => {
      // The AI SDK drops the name of a file that streams.
      const { filename: _, ...rest } = { filename: '', ...part }
      return rest
    })
    expect(message?.parts).toMatchObject(shown ?? [])
  },
)

test('a stored conversation becomes the messages of its open branch', () => {
  const user = { role: 'USER' as const, parentId: null, clientMessageId: null, createdAt: 1 }
  const messages = toUIMessages({
    conversation: CONVERSATION,
    messages: [
      { id: 'q', ...user, parts: [{ id: '1', type: 'file', name: 'a.txt', text: 'é' }] },
      { id: 'a', ...REPLY, status: 'completed', parts: [] },
      { id: 'b', ...REPLY, status: 'failed', code: 'UPSTREAM_ERROR', retryable: true, parts: [] },
    ],
  })
  expect(messages).toMatchObject([
    {
      id: 'q',
      role: 'user',
      parts: [{ type: 'file', filename: 'a.txt', url: 'data:text/plain;charset=utf-8,%C3%A9' }],
    },
    {
      id: 'b',
      role: 'assistant',
      metadata: { userMessageId: 'q', status: 'failed', code: 'UPSTREAM_ERROR', retryable: true },
    },
  ])
})

test('a picture becomes a file once it is all there, and files of tools follow their call', async () => {
  const facts = { name: 'a.jpg', mediaType: 'image/jpeg', size: 1, width: 2, height: 3 }
  const file = { type: 'document', fileId: 'g', name: 'b.csv', mediaType: 'text/csv', size: 1 } as const
  const { chunks } = await made([
    { type: 'run-start', ...START },
    { type: 'file-start', fileId: 'f', name: 'a', mediaType: 'image/jpeg' },
    { type: 'file-update', fileId: 'f', version: 1, ...facts },
    { type: 'file-end', fileId: 'f', version: 2, ...facts },
    { type: 'file-start', fileId: 'h', name: 'b', mediaType: 'image/jpeg' },
    { type: 'file-update', fileId: 'h', version: 1, ...facts },
    { type: 'file-start', fileId: 'i', name: 'c', mediaType: 'image/jpeg' },
    { type: 'tool-start', callId: 'call_1', tool: 't', step: 1 },
    { type: 'tool-run', callId: 'call_1', arguments: '{}', attempt: 1 },
    { type: 'tool-end', callId: 'call_1', status: 'completed', content: '', files: [file] },
    { type: 'run-end', status: 'completed' },
  ])
  expect(chunks.filter(({ type }) => type === 'file')).toEqual([
    { type: 'file', mediaType: 'image/jpeg', url: '/api/chat/files/f?v=2' },
    { type: 'file', mediaType: 'text/csv', url: '/api/chat/files/g' },
    { type: 'file', mediaType: 'image/jpeg', url: '/api/chat/files/h?v=1' },
  ])
})

test('a search is shown again with what it was for', async () => {
  const { message } = await made([
    { type: 'run-start', ...START },
    { type: 'search-start', searchId: 's', queries: [] },
    { type: 'search-end', searchId: 's', status: 'completed', queries: ['rio'], found: 3 },
    { type: 'run-end', status: 'completed' },
  ])
  const data = { queries: ['rio'], status: 'completed', found: 3 }
  expect(message?.parts).toEqual([{ type: 'step-start' }, { type: 'data-riacho-search', id: '1', data }])
})
