import { expect, test } from 'vitest'
import type { StreamEvent } from '../../../protocol/events.ts'
import type { Part } from '../../../protocol/parts.ts'
import { START } from '../../testing/startChat.ts'
import { fresh, NOW, OUTGOING } from '../../testing/states.ts'
import { branchOf } from '../branches/branch.ts'
import { isBusy, type OpenConversation } from '../chatState.ts'
import { applyEvents } from './runReducer.ts'

function apply(open: OpenConversation, ...events: StreamEvent[]): OpenConversation {
  return applyEvents(open, events, NOW)
}

test('run-start saves the outgoing message and gives a new conversation its id', () => {
  const open = apply(fresh({ outgoing: OUTGOING }), { type: 'run-start', ...START })
  expect(open).toMatchObject({ id: 'c1', status: 'ready', outgoing: null })
  expect(branchOf(open)).toMatchObject([
    { id: 'u1', clientMessageId: 'k1', parts: [{ id: '1', type: 'text', text: 'oi' }] },
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
    parts: [{ id: '1', type: 'text', text: 'Olá!' }],
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
    { type: 'snapshot', ...START, parts: [{ id: '1', type: 'text', text: 'guardado' }] },
    { type: 'text-delta', content: '!' },
  )
  expect(open.run?.parts).toEqual([{ id: '1', type: 'text', text: 'guardado!' }])
})

test('a snapshot in place of run-start saves the outgoing message too', () => {
  const open = apply(fresh({ outgoing: OUTGOING }), {
    type: 'snapshot',
    ...START,
    parts: [{ id: '1', type: 'text', text: 'Olá' }],
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

test('a reply that goes on begins with the text it goes on from', () => {
  const broken: Part[] = [
    { id: '1', type: 'text', text: 'Olá, ' },
    { id: '2', type: 'break', status: 'failed', code: 'UPSTREAM_TRUNCATED' },
  ]
  const open = apply(
    fresh({ outgoing: OUTGOING }),
    { type: 'run-start', ...START },
    { type: 'run-continue', messageId: 'a0', parts: broken },
    { type: 'text-delta', content: 'mundo' },
  )
  expect(open.run?.parts).toEqual([...broken, { id: '3', type: 'text', text: 'mundo' }])
})

test('what goes with a message is stored after its text', () => {
  const attachments = [{ name: 'Texto colado 1', text: 'longo' }]
  const open = apply(fresh({ outgoing: { ...OUTGOING, attachments } }), { type: 'run-start', ...START })
  expect(open.messages[0]?.parts).toEqual([
    { id: '1', type: 'text', text: 'oi' },
    { id: '2', type: 'file', ...attachments[0] },
  ])
})
