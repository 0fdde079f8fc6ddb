import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { EventStream } from './eventStream.ts'
import { createHeartbeats } from './heartbeats.ts'

test('a reader that is sent away before its stream is open gets a stream that ends, and does not wait for ever', () => {
  const clock = createFakeClock()
  const told: string[] = []
  const heartbeats = createHeartbeats(clock)
  const stream = new EventStream({
    outlet: {
      pending: 0,
      waitsForTurn: false,
      onClose() {},
      begin: () => void told.push('begin'),
      sendNothing: () => void told.push('nothing'),
      write: text => void told.push(text),
      end: () => void told.push('end'),
      cut: () => void told.push('cut'),
    },
    locale: 'en',
    clock,
    heartbeats,
  })
  stream.cut()
  stream.hold({ unsubscribe() {} })
  stream.beat(':\n\n')
  expect(told).toEqual(['begin', 'end'])
})
