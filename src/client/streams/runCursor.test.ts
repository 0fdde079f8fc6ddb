import { expect, test } from 'vitest'
import { createCursor } from './runCursor.ts'

const text = (seq: number) => ({ seq, event: { type: 'text-delta', content: String(seq) } as const })
const wait = { seq: Number.NaN, event: { type: 'run-wait', code: 'STORAGE_UNAVAILABLE' } as const }

test('an event that is part of no log is taken, and moves nothing', () => {
  const cursor = createCursor({ runId: 'run-1', seq: 1 })
  expect(cursor.take([text(2), wait, text(3)])).toEqual({ taken: [text(2), wait, text(3)], state: 'open' })
  expect(cursor.position).toEqual({ runId: 'run-1', seq: 3 })
})

test('each event is taken once and in order, whatever comes twice or is missing', () => {
  const cursor = createCursor({ runId: 'run-1', seq: 1 })
  expect(cursor.take([text(1), text(2), text(2)]).taken).toEqual([text(2)])
  expect(cursor.take([text(4)])).toEqual({ taken: [], state: 'broken' })
})
