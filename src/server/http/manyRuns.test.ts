import { expect, test } from 'vitest'
import { runStart } from '../../../test/harness/log.ts'
import { RiachoError } from '../../protocol/errors.ts'
import { HEARTBEAT } from '../../protocol/sse.ts'
import { EventLog } from '../log/eventLog.ts'
import { followLog, type Subscription } from '../log/followLog.ts'
import { firstEvents } from '../log/storedLog.ts'
import { followMany } from './manyRuns.ts'

function openLog(runId: string): EventLog {
  const start = runStart(runId)
  return new EventLog({ ownerId: 'owner-1', start, startedAt: 0, stored: firstEvents(start), onPending() {} })
}

function write(log: EventLog, content: string): void {
  log.append({ type: 'text-delta', content })
  store(log)
}

function store(log: EventLog): void {
  const taken = log.takeUnstored()
  if (taken) log.markStored(taken)
}

/** A response with room for so many characters between two drains. */
function createResponse(room: number) {
  const subscriptions: Subscription[] = []
  let waiting: (() => void)[] = []
  let left = room
  const response = {
    frames: '',
    isFinished: false,
    isClosed: false,
    get isFull() {
      return left <= 0
    },
    hold: (subscription?: Subscription) => void (subscription && subscriptions.push(subscription)),
    write: (frames: string) => {
      if (frames === HEARTBEAT) return
      left -= frames.length
      response.frames += frames
    },
    writeEnd: (seq: number) => response.write(`id: ${seq}\nevent: run-end\n`),
    drained: (callback: () => void) => void waiting.push(callback),
    cut: () => {},
    finish: () => {
      response.isFinished = true
    },
    /** As the real one: one after the other, while there is room. */
    drain: () => {
      left = room
      const callbacks = waiting
      waiting = []
      for (const callback of callbacks)
        if (response.isFull) waiting.push(callback)
        else callback()
    },
  }
  return response
}

/** Follows logs, each named by the id of its run. */
function follow(response: ReturnType<typeof createResponse>, logs: readonly EventLog[], after = 1) {
  const byId = new Map(logs.map(log => [log.start.runId, log]))
  const runs = [...byId.keys()].map(runId => ({ runId, after }))
  return followMany(response, runs, async ({ runId }, reader) => {
    return followLog(byId.get(runId) as EventLog, after, reader)
  })
}

const mark = (runId: string) => `event: run\ndata: {"runId":"${runId}"}\n\n`

test('a mark comes before frames only if another run wrote last', async () => {
  const response = createResponse(1000)
  const [first, second] = [openLog('a'), openLog('b')]
  await follow(response, [first, second])
  write(first, 'um')
  write(first, 'dois')
  write(second, 'três')
  write(first, 'quatro')
  expect(response.frames).toBe(
    `${mark('a')}id: 2\ndata: {"content":"um"}\n\nid: 3\ndata: {"content":"dois"}\n\n` +
      `${mark('b')}id: 2\ndata: {"content":"três"}\n\n${mark('a')}id: 4\ndata: {"content":"quatro"}\n\n`,
  )
})

test('a run that cannot be stored sends its wait under its own mark', async () => {
  const response = createResponse(1000)
  const [first, second] = [openLog('a'), openLog('b')]
  await follow(response, [first, second])
  second.markRefused()
  expect(response.frames).toBe(`${mark('b')}event: run-wait\ndata: {"code":"STORAGE_UNAVAILABLE"}\n\n`)
})

test('no run writes to a full response, and after it drains each run sends a snapshot as room allows', async () => {
  const response = createResponse(60)
  const logs = ['a', 'b', 'c'].map(openLog)
  await follow(response, logs)
  write(logs[0] as EventLog, 'um')
  const before = response.frames
  for (const log of logs) for (let count = 0; count < 500; count++) write(log, ` ${count}`)
  expect(response.frames).toBe(before)
  for (const runId of ['a', 'b', 'c']) {
    response.frames = ''
    response.drain()
    const seen = response.frames.match(/event: snapshot\ndata: \{"runId":"(.)"/g)
    expect(seen).toEqual([`event: snapshot\ndata: {"runId":"${runId}"`])
  }
})

test('the response ends when every run has ended, and not before', async () => {
  const response = createResponse(40)
  const logs = ['a', 'b'].map(openLog)
  await follow(response, logs)
  for (const log of logs) {
    expect(response.isFinished).toBe(false)
    void log.finish({ status: 'completed' })
    store(log)
  }
  expect(response.isFinished).toBe(false)
  response.drain()
  expect(response.isFinished).toBe(true)
})

test('a store that cannot be read fails the response for all runs', async () => {
  const refusal = new RiachoError('STORAGE_UNAVAILABLE')
  const runs = [{ runId: 'a', after: 0 }]
  await expect(followMany(createResponse(60), runs, () => Promise.reject(refusal))).rejects.toBe(refusal)
})
