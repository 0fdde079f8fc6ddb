import { expect, test } from 'vitest'
import type { Part, RunStart, StreamEvent } from '../protocol/events.ts'
import type { Conversation, ConversationResponse, Message } from '../protocol/responses.ts'
import {
  applyEvents,
  branchOf,
  isBusy,
  type OpenConversation,
  openConversation,
  withRead,
  withReturned,
} from './chatState.ts'

const NOW = 1_700_000_000_000
const START: RunStart = {
  runId: 'r1',
  conversationId: 'c1',
  userMessageId: 'u1',
  messageId: 'a1',
  model: 'model',
  assistant: 'guide',
}
const OUTGOING = {
  clientMessageId: 'k1',
  content: 'oi',
  createdAt: NOW,
  waiting: false,
  stopRequested: false,
}

function fresh(changes: Partial<OpenConversation> = {}): OpenConversation {
  return { ...openConversation({ key: 'k', id: null, draft: '' }), ...changes }
}

function apply(open: OpenConversation, ...events: StreamEvent[]): OpenConversation {
  return applyEvents(open, events, NOW)
}

function textMessage(id: string, parentId: string | null, role: 'USER' | 'ASSISTANT'): Message {
  const base = { id, parts: [{ type: 'text' as const, text: id }], createdAt: NOW }
  if (role === 'USER') return { ...base, role, parentId, clientMessageId: null }
  return {
    ...base,
    role,
    parentId: parentId ?? '',
    runId: `run-of-${id}`,
    status: 'completed',
    model: 'model',
    code: null,
    retryable: false,
    retryAfter: null,
    usage: null,
    timing: null,
    cost: null,
    feedback: null,
  }
}

function response(messages: Message[], changes: Partial<Conversation> = {}): ConversationResponse {
  const conversation: Conversation = {
    id: 'c1',
    title: 'Título',
    status: 'OPEN',
    archived: false,
    pinned: false,
    titleStatus: 'final',
    assistant: 'guide',
    headMessageId: messages.at(-1)?.id ?? null,
    createdAt: NOW,
    updatedAt: NOW,
    ...changes,
  }
  return { conversation, messages, activeRun: null }
}

test('run-start saves the outgoing message and gives a new conversation its id', () => {
  const open = apply(fresh({ outgoing: OUTGOING }), { type: 'run-start', ...START })
  expect(open).toMatchObject({ id: 'c1', status: 'ready', outgoing: null })
  expect(branchOf(open)).toMatchObject([
    { id: 'u1', clientMessageId: 'k1', parts: [{ type: 'text', text: 'oi' }] },
  ])
  expect(isBusy(open)).toBe(true)
})

test('run-end turns the live reply into a stored one, at the end of the branch', () => {
  const open = apply(
    fresh({ outgoing: OUTGOING }),
    { type: 'run-start', ...START },
    { type: 'text-delta', content: 'Olá' },
    { type: 'text-delta', content: '!' },
    { type: 'run-end', status: 'completed' },
  )
  expect(branchOf(open).map(({ id }) => id)).toEqual(['u1', 'a1'])
  expect(open.messages.at(-1)).toMatchObject({
    parts: [{ type: 'text', text: 'Olá!' }],
    status: 'completed',
    parentId: 'u1',
  })
  expect(open).toMatchObject({ run: null, lastEnd: 'completed' })
})

test('a failed run keeps its text and its code', () => {
  const open = apply(
    fresh({ outgoing: OUTGOING }),
    { type: 'run-start', ...START },
    { type: 'text-delta', content: 'Ol' },
    { type: 'run-end', status: 'failed', code: 'UPSTREAM_TRUNCATED', retryable: true },
  )
  expect(open.messages.at(-1)).toMatchObject({
    parts: [{ text: 'Ol' }],
    code: 'UPSTREAM_TRUNCATED',
    retryable: true,
  })
  expect(open.lastEnd).toBe('failed')
})

test('events do not change a state that was already shown', () => {
  const before = apply(
    fresh({ outgoing: OUTGOING }),
    { type: 'run-start', ...START },
    { type: 'text-delta', content: 'a' },
  )
  const copy = structuredClone(before)
  apply(before, { type: 'text-delta', content: 'b' }, { type: 'source-add', url: 'https://a', title: 'A' })
  expect(before).toEqual(copy)
})

test('a snapshot replaces everything seen so far', () => {
  const open = apply(
    fresh({ outgoing: OUTGOING }),
    { type: 'run-start', ...START },
    { type: 'text-delta', content: 'perdido' },
    { type: 'snapshot', ...START, parts: [{ type: 'text', text: 'guardado' }] },
    { type: 'text-delta', content: '!' },
  )
  expect(open.run?.parts).toEqual([{ type: 'text', text: 'guardado!' }])
})

test('a snapshot in place of run-start saves the outgoing message too', () => {
  const open = apply(fresh({ outgoing: OUTGOING }), {
    type: 'snapshot',
    ...START,
    parts: [{ type: 'text', text: 'Olá' }],
  })
  expect(branchOf(open)).toMatchObject([{ id: 'u1', clientMessageId: 'k1' }])
})

test('waiting for the provider ends with the first word', () => {
  const waiting = apply(
    fresh({ outgoing: OUTGOING }),
    { type: 'run-start', ...START },
    { type: 'run-retry', attempt: 1, seconds: 3, code: 'UPSTREAM_OVERLOADED' },
  )
  expect(waiting.run?.retry).toEqual({ at: NOW + 3_000 })
  expect(apply(waiting, { type: 'text-delta', content: 'a' }).run?.retry).toBeNull()
})

test('a stop asked for before the run had a name is remembered', () => {
  const open = apply(fresh({ outgoing: { ...OUTGOING, stopRequested: true } }), {
    type: 'run-start',
    ...START,
  })
  expect(open.run?.stopRequested).toBe(true)
})

test('the branch is read from the head up, without the siblings that retries left', () => {
  const messages = [
    textMessage('u1', null, 'USER'),
    textMessage('a1', 'u1', 'ASSISTANT'),
    textMessage('a2', 'u1', 'ASSISTANT'),
    textMessage('u2', 'a2', 'USER'),
  ]
  expect(branchOf(withRead(fresh(), response(messages))).map(({ id }) => id)).toEqual(['u1', 'a2', 'u2'])
})

test('while a retry runs, the branch ends with the message it answers', () => {
  const messages = [textMessage('u1', null, 'USER'), textMessage('a1', 'u1', 'ASSISTANT')]
  const activeRun = { ...START, seq: 2, parts: [], startedAt: NOW }
  const open = withRead(fresh(), { ...response(messages), activeRun })
  expect(branchOf(open).map(({ id }) => id)).toEqual(['u1'])
})

test('a tree that names itself as its parent ends the walk', () => {
  const messages = [textMessage('u1', 'a1', 'USER'), textMessage('a1', 'u1', 'ASSISTANT')]
  expect(branchOf(withRead(fresh(), response(messages))).map(({ id }) => id)).toEqual(['u1', 'a1'])
})

test('reading again keeps the identity of what was known', () => {
  const messages = [textMessage('u1', null, 'USER'), textMessage('a1', 'u1', 'ASSISTANT')]
  const first = withRead(fresh(), response(messages))
  const second = withRead(first, response(structuredClone(messages)))
  expect(second.messages[1]).toBe(first.messages[1])
})

test('a message that came back and was stored after all leaves the draft', () => {
  const returned = withReturned(fresh({ outgoing: OUTGOING }))
  expect(returned).toMatchObject({ draft: 'oi', outgoing: null })
  const stored = { ...textMessage('u1', null, 'USER'), clientMessageId: 'k1' } as Message
  expect(withRead(returned, response([stored]))).toMatchObject({ draft: '', returned: null })
})

test('a message that comes back goes before what was typed since', () => {
  expect(withReturned(fresh({ outgoing: OUTGOING, draft: 'e mais' })).draft).toBe('oi\n\ne mais')
})

test('a read tells how the run that was followed ended', () => {
  const following = apply(fresh({ outgoing: OUTGOING }), { type: 'run-start', ...START })
  const messages = [textMessage('u1', null, 'USER'), textMessage('a1', 'u1', 'ASSISTANT')]
  expect(withRead(following, response(messages))).toMatchObject({ run: null, lastEnd: 'completed' })
})

test('a reply that goes on begins with the text it goes on from', () => {
  const broken: Part[] = [
    { type: 'text', text: 'Olá, ' },
    { type: 'break', status: 'failed', code: 'UPSTREAM_TRUNCATED' },
  ]
  const open = apply(
    fresh({ outgoing: OUTGOING }),
    { type: 'run-start', ...START },
    { type: 'run-continue', messageId: 'a0', parts: broken },
    { type: 'text-delta', content: 'mundo' },
  )
  expect(open.run?.parts).toEqual([...broken, { type: 'text', text: 'mundo' }])
})
