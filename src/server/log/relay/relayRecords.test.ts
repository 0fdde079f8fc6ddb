import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeRecord, RecordReader } from './relayRecords.ts'

const text = fc.string({ unit: 'binary' })
const record = fc.record({
  batch: fc.nat(),
  segments: fc.array(fc.record({ run_id: fc.uuid(), from_seq: fc.nat(), to_seq: fc.nat(), frames: text })),
  joined: fc.array(fc.record({ wish: fc.nat(), runId: fc.uuid(), lastSeq: fc.nat() })),
  unknown: fc.array(fc.record({ wish: fc.nat(), runId: fc.uuid() })),
  refused: fc.array(fc.uuid()),
  ended: fc.array(
    fc.record({
      runId: fc.uuid(),
      seq: fc.nat(),
      end: fc.constant({ status: 'stopped' } as const),
    }),
  ),
})

test('records come out as they went in, however the text is cut', () => {
  fc.assert(
    fc.property(fc.array(record), fc.integer({ min: 1, max: 50 }), (records, size) => {
      const sent = records.map(encodeRecord).join('')
      const reader = new RecordReader()
      const read = []
      for (let at = 0; at < sent.length; at += size) read.push(...reader.read(sent.slice(at, at + size)))
      expect(read).toEqual(records)
    }),
  )
})

test.each(['<html>\n', '-1\n{}', '99999999999\n', 'a very long line that never ends'])(
  'what is no record is refused: %j',
  piece => {
    expect(() => new RecordReader().read(piece)).toThrow('not a record of a relay')
  },
)
