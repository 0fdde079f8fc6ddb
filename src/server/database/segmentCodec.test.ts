import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeSegments, decodeSegmentsOf, encodeSegment } from './segmentCodec.ts'

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

const frames = fc
  .array(fc.string())
  .map(contents =>
    contents.map((content, seq) => `id: ${seq}\ndata: ${JSON.stringify(content)}\n\n`).join(''),
  )

test('those of one run are found among others, also where their frames name the run', () => {
  const ids = ['0a1b', '0a1b2', '1b']
  const named = fc.record({
    run_id: fc.constantFrom(...ids),
    from_seq: fc.nat(),
    to_seq: fc.nat(),
    frames: fc.oneof(
      frames,
      fc.constantFrom(...ids).map(id => `id: 1\ndata: "${id} 1 1 3"\n\n`),
    ),
  })
  fc.assert(
    fc.property(fc.array(named), segments => {
      const text = segments.map(encodeSegment).join('')
      for (const id of ids)
        expect([...decodeSegmentsOf(id, text)]).toEqual(segments.filter(({ run_id }) => run_id === id))
    }),
  )
})
