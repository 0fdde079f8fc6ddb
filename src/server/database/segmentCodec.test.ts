import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeSegments, encodeSegment } from './segmentCodec.ts'

const segment = fc.record({
  run_id: fc.uuid(),
  from_seq: fc.nat(),
  to_seq: fc.nat(),
  frames: fc.string({ unit: 'binary' }),
})

test('decoding gives back the encoded segments, whatever their frames contain', () => {
  fc.assert(
    fc.property(fc.array(segment), segments => {
      expect([...decodeSegments(segments.map(encodeSegment).join(''))]).toEqual(segments)
    }),
  )
})
