import { expect, test } from 'vitest'
import type { Message } from '../protocol/responses.ts'
import { withRead } from './reading.ts'
import { applyEvents } from './runEvents.ts'
import { START } from './testing/startChat.ts'
import { fresh, NOW, OUTGOING, response, textMessage } from './testing/states.ts'

test('reading again keeps the identity of what was known', () => {
  const messages = [textMessage('u1', null, 'USER'), textMessage('a1', 'u1', 'ASSISTANT')]
  const first = withRead(fresh(), response(messages))
  const second = withRead(first, response(structuredClone(messages)))
  expect(second.messages[1]).toBe(first.messages[1])
})

test('a read tells how the run that was followed ended', () => {
  const following = applyEvents(fresh({ outgoing: OUTGOING }), [{ type: 'run-start', ...START }], NOW)
  const messages = [textMessage('u1', null, 'USER'), textMessage('a1', 'u1', 'ASSISTANT')]
  expect(withRead(following, response(messages))).toMatchObject({ run: null, lastEnd: 'completed' })
})

test('a message that came back and was stored after all leaves the draft', () => {
  const { clientMessageId, content, attachments } = OUTGOING
  const open = fresh({ draft: content, returned: { clientMessageId, content, attachments } })
  const stored = { ...textMessage('u1', null, 'USER'), clientMessageId: 'k1' } as Message
  expect(withRead(open, response([stored]))).toMatchObject({ draft: '', returned: null })
})

test('a message of the queue that is stored waits no more', () => {
  const queue = [
    { clientMessageId: 'k1', content: 'um', attachments: [] },
    { clientMessageId: 'k2', content: 'dois', attachments: [] },
  ]
  const stored = { ...textMessage('u1', null, 'USER'), clientMessageId: 'k1' } as Message
  expect(withRead(fresh({ queue }), response([stored])).queue).toEqual(queue.slice(1))
})

test('feedback given elsewhere is shown, and nothing else of a message changes its identity', () => {
  const reply = textMessage('a1', 'u1', 'ASSISTANT')
  const messages = [textMessage('u1', null, 'USER'), reply]
  const first = withRead(fresh(), response(messages))
  const feedback = { rating: 'up' as const, comment: '' }
  const second = withRead(first, response([messages[0] as Message, { ...reply, feedback } as Message]))
  expect(second.messages[0]).toBe(first.messages[0])
  expect(second.messages[1]).toMatchObject({ feedback })
})

test('a message that is being changed stays on the screen, whatever branch another tab went to', () => {
  const messages = [
    textMessage('u1', null, 'USER'),
    textMessage('a1', 'u1', 'ASSISTANT'),
    textMessage('u2', null, 'USER'),
    textMessage('a2', 'u2', 'ASSISTANT'),
  ]
  const before = withRead(fresh(), response(messages, { headMessageId: 'a1' }))
  const editing = { messageId: 'u1', content: 'outro', attachments: [], returned: null }
  const after = withRead(
    { ...before, editing, draft: 'rascunho' },
    response(messages, { headMessageId: 'a2' }),
  )
  expect(after).toMatchObject({ conversation: { headMessageId: 'a1' }, editing, draft: 'rascunho' })
})
