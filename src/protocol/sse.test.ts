import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StreamEvent } from './events.ts'
import { decodeFrame, encodeData, encodeFrame } from './sse.ts'

const text = fc.string({ unit: 'binary' })
const events = fc.oneof<fc.Arbitrary<StreamEvent>[]>(
  fc.record({ type: fc.constant('text-delta'), content: text }),
  fc.record({ type: fc.constant('reasoning-delta'), content: text }),
  fc.record({ type: fc.constant('source-add'), url: fc.webUrl(), title: text }),
  fc.record({ type: fc.constant('run-end'), status: fc.constant('completed') }),
)

test('a frame decodes to the event it encodes, however its text is cut', () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 8 }), fc.integer({ min: 1, max: 20 }), (sent, size) => {
      const wire = sent.map((event, index) => encodeFrame(index + 1, event.type, encodeData(event))).join('')
      const received: StreamEvent[] = []
      const ids: number[] = []
      const parser = createParser({
        onEvent({ id, event, data }) {
          const decoded = decodeFrame(event, data)
          if (decoded) received.push(decoded)
          ids.push(Number(id))
        },
      })
      for (let at = 0; at < wire.length; at += size) parser.feed(wire.slice(at, at + size))
      expect(received).toEqual(sent)
      expect(ids).toEqual(sent.map((_, index) => index + 1))
    }),
  )
})

test('an event of a newer server is ignored', () => {
  expect(decodeFrame('message-sing', '{}')).toBeUndefined()
})

test('text that looks like a frame stays text', () => {
  const event: StreamEvent = { type: 'text-delta', content: '\n\nid: 3\nevent: run-end\ndata: {}\n\n' }
  expect(encodeFrame(2, event.type, encodeData(event)).match(/\nid:/g)).toBeNull()
  expect(decodeFrame(undefined, encodeData(event))).toEqual(event)
})
