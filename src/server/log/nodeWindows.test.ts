import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { runStart } from '../../../test/harness/log.ts'
import type { SendBatch } from '../database/postgres/window.ts'
import type { LogWrite } from './eventLog.ts'
import { NodeWindows } from './nodeWindows.ts'
import { frameOf } from './storedLog.ts'

function write(seq: number): LogWrite {
  const frames = frameOf(seq, { type: 'text-delta', content: `${seq}` })
  return { ownerId: 'owner-1', start: runStart(), segment: { fromSeq: seq, toSeq: seq, frames } }
}

/** A node whose server answers nothing until `answer` is called. */
function setUp() {
  const clock = createFakeClock()
  const gate = Promise.withResolvers<void>()
  const node = { id: 'life-1', fenced() {} }
  const stored: unknown[] = []
  const sendBatch: SendBatch = async batch => {
    await gate.promise
    stored.push(batch[0])
    return { isAlive: true, isNext: true, stops: [] }
  }
  const windows = new NodeWindows({ sendBatch, node, clock, steadyTime: clock.now, onStops() {} })
  return { clock, node, windows, stored, answer: gate.resolve }
}

test('what waited while another node took over is not stored in the next life', async () => {
  const { node, windows, stored, answer } = setUp()
  const first = windows.sync()
  const waiting = windows.commit([write(2)], 'process')
  node.id = 'life-2'
  answer()
  await first
  await expect(waiting).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  await windows.commit([write(2)], 'process')
  expect(stored.at(-1)).toBe('life-2')
})

test('who asks to settle the journal learns after 10 s that the database does not answer', async () => {
  const { clock, windows, stored, answer } = setUp()
  const settled = windows.settle()
  const refused = expect(settled).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  await clock.advance(10_000)
  await refused
  answer()
  await windows.settle()
  expect(stored).toHaveLength(2)
})
