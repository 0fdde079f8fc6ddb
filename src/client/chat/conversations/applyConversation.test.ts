import { expect, test } from 'vitest'
import type { Message } from '../../../protocol/responses.ts'
import { START } from '../../testing/startChat.ts'
import { fresh, NOW, OUTGOING, response, textMessage } from '../../testing/states.ts'
import { branchOf } from '../branches/branch.ts'
import type { OpenConversation } from '../chatState.ts'
import { applyEvents } from '../runs/runReducer.ts'
import { applyConversation } from './applyConversation.ts'

test('reading again keeps the identity of what was known', () => {
  const messages = [textMessage('u1', null, 'USER'), textMessage('a1', 'u1', 'ASSISTANT')]
  const first = applyConversation(fresh(), response(messages))
  const second = applyConversation(first, response(structuredClone(messages)))
  expect(second.messages[1]).toBe(first.messages[1])
})

test('a read tells how the run that was followed ended', () => {
  const following = applyEvents(fresh({ outgoing: OUTGOING }), [{ type: 'run-start', ...START }], NOW)
  const messages = [textMessage('u1', null, 'USER'), textMessage('a1', 'u1', 'ASSISTANT')]
  expect(applyConversation(following, response(messages))).toMatchObject({ run: null, lastEnd: 'completed' })
})

test('a message that came back and was stored after all leaves the draft', () => {
  const { clientMessageId, content, attachments } = OUTGOING
  const open = fresh({ draft: content, returned: { clientMessageId, content, attachments } })
  const stored = { ...textMessage('u1', null, 'USER'), clientMessageId: 'k1' } as Message
  expect(applyConversation(open, response([stored]))).toMatchObject({ draft: '', returned: null })
})

test('a message of the queue that is stored waits no more', () => {
  const queue = [
    { clientMessageId: 'k1', content: 'um', attachments: [] },
    { clientMessageId: 'k2', content: 'dois', attachments: [] },
  ]
  const stored = { ...textMessage('u1', null, 'USER'), clientMessageId: 'k1' } as Message
  expect(applyConversation(fresh({ queue }), response([stored])).queue).toEqual(queue.slice(1))
})

test('feedback given elsewhere is shown, and nothing else of a message changes its identity', () => {
  const reply = textMessage('a1', 'u1', 'ASSISTANT')
  const messages = [textMessage('u1', null, 'USER'), reply]
  const first = applyConversation(fresh(), response(messages))
  const feedback = { rating: 'up' as const, comment: '' }
  const second = applyConversation(
    first,
    response([messages[0] as Message, { ...reply, feedback } as Message]),
  )
  expect(second.messages[0]).toBe(first.messages[0])
  expect(second.messages[1]).toMatchObject({ feedback })
})

test('how the model gets a document is shown once the server says it', () => {
  const file = {
    type: 'document',
    fileId: 'f1',
    name: 'a.pdf',
    mediaType: 'application/pdf',
    size: 9,
  } as const
  const asked = (parts: Message['parts']) => ({ ...textMessage('u1', null, 'USER'), parts }) as Message
  const first = applyConversation(fresh(), response([asked([{ ...file, id: '1' }])]))
  const told = asked([{ ...file, id: '1', givenAs: 'search' }])
  expect(applyConversation(first, response([told])).messages[0]).toBe(told)
})

const BRANCHES = [
  textMessage('u1', null, 'USER'),
  textMessage('a1', 'u1', 'ASSISTANT'),
  textMessage('u2', null, 'USER'),
  textMessage('a2', 'u2', 'ASSISTANT'),
]
const EDITING = { messageId: 'u1', content: 'outro', attachments: [], returned: null }
const idsOn = (open: OpenConversation) => branchOf(open).map(({ id }) => id)

test('a message that is being changed stays on the screen, whatever branch another tab went to', () => {
  const before = applyConversation(fresh(), response(BRANCHES, { headMessageId: 'a1' }))
  const after = applyConversation(
    { ...before, editing: EDITING, draft: 'rascunho' },
    response(BRANCHES, { headMessageId: 'a2' }),
  )
  expect(after).toMatchObject({
    conversation: { headMessageId: 'a1' },
    editing: EDITING,
    draft: 'rascunho',
  })
})

test('it stays while a reply on another branch is written, and after', () => {
  const before = applyConversation(fresh(), response(BRANCHES, { headMessageId: 'a1' }))
  const messages = [...BRANCHES, textMessage('u3', null, 'USER')]
  const start = { ...START, userMessageId: 'u3', messageId: 'a3' }
  const activeRun = { ...start, seq: 1, parts: [], startedAt: NOW }
  const read = applyConversation(
    { ...before, editing: EDITING },
    { ...response(messages, { headMessageId: 'u3' }), activeRun },
  )
  expect(idsOn(read)).toEqual(['u1', 'a1'])
  const again = applyEvents(read, [{ type: 'snapshot', ...start, parts: [] }], NOW)
  expect(idsOn(again)).toEqual(['u1', 'a1'])
  const ended = applyEvents(again, [{ type: 'run-end', status: 'completed' }], NOW)
  expect(idsOn(ended)).toEqual(['u1', 'a1'])
  expect(ended).toMatchObject({ run: null, editing: EDITING })
})

test('what is asked here is on the screen, whatever is being changed', () => {
  const before = applyConversation(fresh(), response(BRANCHES, { headMessageId: 'a1' }))
  const run = {
    userMessageId: 'u2',
    start: null,
    parts: [],
    retry: null,
    wait: null,
    connected: true,
    stopRequested: false,
  }
  const asked = { ...before, editing: EDITING, run }
  expect(idsOn(asked)).toEqual(['u2'])
  const started = applyEvents(asked, [{ type: 'run-start', ...START, userMessageId: 'u2' }], NOW)
  expect(idsOn(started)).toEqual(['u2'])
})
