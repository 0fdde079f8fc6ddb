import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Message } from '../../../protocol/responses.ts'
import { START } from '../../testing/startChat.ts'
import { fresh, NOW, OUTGOING, response, textMessage } from '../../testing/states.ts'
import { applyConversation } from '../conversations/applyConversation.ts'
import { branchOf, newestLeaf, siblingsOf } from './branch.ts'

test('the branch is read from the head up, without the siblings that retries left', () => {
  const messages = [
    textMessage('u1', null, 'USER'),
    textMessage('a1', 'u1', 'ASSISTANT'),
    textMessage('a2', 'u1', 'ASSISTANT'),
    textMessage('u2', 'a2', 'USER'),
  ]
  expect(branchOf(applyConversation(fresh(), response(messages))).map(({ id }) => id)).toEqual([
    'u1',
    'a2',
    'u2',
  ])
})

test('while a retry runs, the branch ends with the message it answers', () => {
  const messages = [textMessage('u1', null, 'USER'), textMessage('a1', 'u1', 'ASSISTANT')]
  const activeRun = { ...START, seq: 2, parts: [], startedAt: NOW }
  const open = applyConversation(fresh(), { ...response(messages), activeRun })
  expect(branchOf(open).map(({ id }) => id)).toEqual(['u1'])
})

test('a tree that names itself as its parent ends the walk', () => {
  const messages = [textMessage('u1', 'a1', 'USER'), textMessage('a1', 'u1', 'ASSISTANT')]
  expect(branchOf(applyConversation(fresh(), response(messages))).map(({ id }) => id)).toEqual(['u1', 'a1'])
})

test('a changed message on its way hangs where the one it changes does', () => {
  const messages = [
    textMessage('u1', null, 'USER'),
    textMessage('a1', 'u1', 'ASSISTANT'),
    textMessage('u2', 'a1', 'USER'),
  ]
  const open = applyConversation(fresh(), response(messages))
  const outgoing = { ...OUTGOING, editOf: 'u2', parentId: 'a1' }
  expect(branchOf({ ...open, outgoing }).map(({ id }) => id)).toEqual(['u1', 'a1'])
  expect(branchOf({ ...open, outgoing: { ...outgoing, parentId: null } })).toEqual([])
})

const trees = fc.array(fc.nat(), { minLength: 1, maxLength: 30 }).map(picks => {
  const messages: Message[] = []
  for (const [index, pick] of picks.entries()) {
    const parent = index === 0 ? null : messages[pick % (index + 1)]
    const role = parent?.role === 'USER' ? 'ASSISTANT' : 'USER'
    messages.push(textMessage(`m${index}`, parent?.id ?? null, role))
  }
  return messages
})

test('every message has its place among its versions', () => {
  fc.assert(
    fc.property(trees, messages => {
      const siblings = siblingsOf(messages)
      for (const { id, parentId, role } of messages) {
        const same = messages.filter(other => other.parentId === parentId && other.role === role)
        expect(siblings.get(id)).toEqual(same.map(other => other.id))
      }
    }),
  )
})

test('a reply that waited is hidden by the one that goes on with it, and by no other', () => {
  const call = { type: 'tool', tool: 'envia', step: 1, arguments: '{}', attempt: 0 } as const
  const said = (text: string) => ({ id: '1', type: 'text', text }) as const
  const waiting: Message['parts'] = [
    said('Vou enviar.'),
    { ...call, id: '2', callId: 'call_1', status: 'waiting' },
  ]
  const replies = (later: Message['parts']): Message[] => [
    textMessage('u1', null, 'USER'),
    { ...textMessage('a1', 'u1', 'ASSISTANT'), status: 'paused', parts: waiting } as Message,
    { ...textMessage('a2', 'u1', 'ASSISTANT'), parts: later },
  ]
  const after = (later: Message['parts']) => siblingsOf(replies(later)).get('a2')
  const called = { ...call, id: '2', callId: 'call_1', status: 'completed', attempt: 1 } as const
  expect(after([said('Vou enviar.'), called, { ...said('Enviei.'), id: '3' }])).toEqual(['a2'])
  expect(after([said('Não envio.'), called])).toEqual(['a1', 'a2'])
  expect(after([said('Vou enviar.')])).toEqual(['a1', 'a2'])
  expect(after([said('Vou enviar.'), { ...called, callId: 'call_2' }])).toEqual(['a1', 'a2'])
})

test('the newest branch through a message ends with the last message written below it', () => {
  fc.assert(
    fc.property(trees, fc.nat(), (messages, pick) => {
      const { id } = messages[pick % messages.length] as Message
      const leaf = newestLeaf(messages, id)
      const branch = branchOf(applyConversation(fresh(), response(messages, { headMessageId: leaf })))
      expect(branch.map(message => message.id)).toContain(id)
      expect(messages.some(({ parentId }) => parentId === leaf)).toBe(false)
      const through = messages.filter(message => {
        const path = branchOf(applyConversation(fresh(), response(messages, { headMessageId: message.id })))
        return path.some(above => above.id === id)
      })
      expect(leaf).toBe(through.at(-1)?.id)
    }),
  )
})
