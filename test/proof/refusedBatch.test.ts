import { expect, test } from 'vitest'
import { RefusedBatch, type SendBatch } from '../../src/server/database/postgres/window.ts'
import type { LogWrite } from '../../src/server/log/eventLog.ts'
import { NodeWindows } from '../../src/server/log/nodeWindows.ts'
import { firstEvents, frameOf } from '../../src/server/log/storedLog.ts'
import { createFakeClock } from '../harness/fakeClock.ts'
import { runStart } from '../harness/log.ts'
import { createRandom, type Random } from '../harness/random.ts'
import { statementTimeout } from './simulation/nodes/databaseServer.ts'
import { FakePostgres } from './simulation/nodes/fakePostgres.ts'

const NODE = 'node-1'

function write(seq: number): LogWrite {
  const frames = frameOf(seq, { type: 'text-delta', content: `${seq} ` })
  return { ownerId: 'owner-1', start: runStart(), segment: { fromSeq: seq, toSeq: seq, frames } }
}

test('a batch that the server refused leaves no hole that a crash makes deeper', async () => {
  const clock = createFakeClock()
  const postgres = new FakePostgres(clock.now)
  let refuses = false
  let sent = 0
  const sendBatch: SendBatch = async batch => {
    sent += 1
    if (refuses) throw new RefusedBatch('', { cause: statementTimeout() })
    return postgres.store(batch)
  }
  const node = { id: NODE, fenced() {} }
  const windows = new NodeWindows({ sendBatch, node, clock, steadyTime: clock.now, onStops() {} })
  const start = runStart()
  postgres.register({ id: NODE, address: undefined, version: '0' })
  postgres.accept({ ownerId: 'owner-1', start, startedAt: 1, stored: firstEvents(start) }, NODE)
  await windows.commit([write(2)], 'process')
  refuses = true
  await expect(windows.commit([write(3)], 'process')).rejects.toThrow('statement timeout')
  refuses = false
  sent = 0
  await windows.commit([write(3)], 'process')
  expect(sent).toBe(1)
  const losesAll: Random = { ...createRandom(1), integer: () => 0 }
  postgres.crash(losesAll)
  expect(postgres.segments(start.runId, 1)).toEqual([])
  await windows.commit([write(4)], 'process')
  expect(postgres.segments(start.runId, 1).map(({ from_seq }) => from_seq)).toEqual([2, 3, 4])
})
