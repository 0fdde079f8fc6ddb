import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FUZZ } from '../../../../test/harness/fuzzRuns.ts'
import { processorTime } from '../../../../test/harness/processorTime.ts'
import { SEED } from '../../../../test/harness/testSeed.ts'
import type { ProviderChunk } from '../../generation/provider.ts'
import { createChatReader } from './chatReader.ts'
import type { Push, ReplyReader } from './replyReader.ts'
import { ResponseBody } from './responseBody.ts'
import { createResponsesReader } from './responsesReader.ts'

const READERS: Record<string, (push: Push) => ReplyReader> = {
  chat: createChatReader,
  responses: push => createResponsesReader(push),
}

const chat = (delta: object) => ({ choices: [{ delta }] })
const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>('a', '<think>', '</think>', '<th', '🎈', null, [], {}, [
    { type: 'text', text: 'b' },
  ]),
)
/** Events of both APIs, with anything in their fields. */
const event = fc.oneof(
  anyValue.map(content => chat({ content })),
  anyValue.map(reasoning => chat({ reasoning })),
  anyValue.map(finish => ({ choices: [{ delta: {}, finish_reason: finish }] })),
  anyValue.map(delta => ({ type: 'response.output_text.delta', delta })),
  anyValue.map(text => ({ type: 'response.output_text.done', text })),
  anyValue.map(delta => ({ type: 'response.reasoning_text.delta', delta })),
  anyValue.map(response => ({ type: 'response.completed', response })),
  anyValue.map(error => ({ error })),
  anyValue,
)
const line = fc.oneof(
  { arbitrary: event.map(value => `data: ${JSON.stringify(value)}\n\n`), weight: 6 },
  fc.constantFrom('data: [DONE]\n\n', 'data:', 'data: ', 'event: x\n', 'id: 1\n', ': \n', '\n', '\r', '\r\n'),
  fc.constantFrom('{', '[', '"', '<html>', '\ufeff', '\0', 'data: {"choices":[{"delta":{"content":"'),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
/** What a server may send: text, with some bytes that are none. */
const body = fc
  .tuple(fc.array(line, { maxLength: 12 }), fc.uint8Array({ maxLength: 3 }), fc.nat())
  .map(([lines, noise, at]) => {
    const bytes = new TextEncoder().encode(lines.join(''))
    const place = at % (bytes.length + 1)
    return noise.length > 0 && at % 3 === 0
      ? Uint8Array.of(...bytes.subarray(0, place), ...noise, ...bytes.subarray(place))
      : bytes
  })

/** Reads a body that comes in these pieces, as a connection does. */
function read(create: (push: Push) => ReplyReader, pieces: readonly Uint8Array[]) {
  const chunks: ProviderChunk[] = []
  let outcome: unknown
  const response = new ResponseBody({
    status: 200,
    isStreamByType: true,
    reader: create(chunk => {
      if (outcome === undefined) chunks.push(chunk)
    }),
    onReading(reading) {
      if (reading === 'complete' || typeof reading === 'object') outcome ??= reading
    },
  })
  const decoder = new TextDecoder()
  for (const piece of pieces)
    if (outcome === undefined) response.take(decoder.decode(piece, { stream: true }))
  if (outcome === undefined) response.finishEvents()
  outcome ??= response.end(false)
  return { chunks, outcome }
}

/** What a reader gets of the chunks: deltas of one kind in a row are one text. */
function shown(chunks: readonly ProviderChunk[]): unknown[] {
  const all: unknown[] = []
  let last: { type: string; content: string } | undefined
  for (const chunk of chunks) {
    if (!('content' in chunk)) {
      all.push(chunk)
      last = undefined
    } else if (last?.type === chunk.type) last.content += chunk.content
    else {
      last = { type: chunk.type, content: chunk.content }
      all.push(last)
    }
  }
  return all
}

test.each(Object.entries(READERS))(
  `whatever bytes come to the reader of %s, cut anywhere, it reads the same and never throws (seed ${SEED})`,
  (_, create) => {
    fc.assert(
      fc.property(body, fc.array(fc.nat(), { maxLength: 6 }), (bytes, cuts) => {
        const places = cuts.map(cut => cut % (bytes.length + 1)).toSorted((one, other) => one - other)
        const ends = [...places, bytes.length]
        const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
        const inPieces = read(create, pieces)
        for (const chunk of inPieces.chunks)
          if ('content' in chunk) expect(chunk.content).toEqual(expect.stringMatching(/^[\s\S]+$/))
        if (inPieces.outcome !== 'complete')
          expect(inPieces.outcome).toMatchObject({ code: expect.any(String), message: expect.any(String) })
        const whole = read(create, [bytes])
        expect(shown(inPieces.chunks)).toEqual(shown(whole.chunks))
      }),
      { numRuns: 1000 * FUZZ },
    )
  },
)

/** Units that, sent many times over, have made a reader slow, or may. */
const UNITS = [
  ...[
    chat({ content: '<think>' }),
    chat({ content: '<' }),
    chat({ content: [[[['a']]]] }),
    chat({ reasoning: 'a' }),
  ],
  ...[
    { type: 'response.output_text.delta', delta: 'a' },
    { type: 'response.output_text.done', text: 'ab' },
  ],
  ...[
    { type: 'response.reasoning_text.delta', delta: '<t' },
    { type: 'response.output_item.added', item: {} },
  ],
]
const STRETCHES = [
  ...UNITS.map(unit => `data: ${JSON.stringify(unit)}\n\n`),
  'data: a\n',
  'data:\n',
  ':\n',
  '\n',
  ' ',
]

test.each(Object.entries(READERS))(
  `the time that the reader of %s takes grows no faster than what comes (seed ${SEED})`,
  (_, create) => {
    const timeOf = (unit: string, count: number, size: number) => {
      const bytes = new TextEncoder().encode(unit.repeat(count))
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_piece, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      )
      return processorTime(() => void read(create, pieces))
    }
    const stretch = fc.constantFrom(...STRETCHES)
    fc.assert(
      fc.property(stretch, stretch, fc.constantFrom(7, 100, 4000), (one, other, size) => {
        const unit = one + other
        const least = (count: number) => Math.min(timeOf(unit, count, size), timeOf(unit, count, size))
        if (timeOf(unit, 1200, size) > 150 && least(1200) > 9 * least(300) + 50)
          expect.fail(`${least(300)} ms, ${least(1200)} ms: ${JSON.stringify(unit)} in pieces of ${size}`)
      }),
      { numRuns: 30 * FUZZ },
    )
  },
)

test.each([100, 100_000])('values nested %i deep break no reader, in a stream or whole', depth => {
  const nested = `${'['.repeat(depth)}"a"${']'.repeat(depth)}`
  const bodies = [
    `{"choices":[{"message":{"content":${nested}}}]}`,
    `data: {"choices":[{"delta":{"content":${nested}}}]}\n\n`,
    `{"object":"response","status":"completed","output":[{"type":"message","content":${nested}}]}`,
    `data: {"type":"response.output_text.delta","delta":${nested}}\n\n`,
    `{"error":${nested}}`,
    nested,
  ]
  for (const create of Object.values(READERS))
    for (const text of bodies) {
      const { outcome } = read(create, [new TextEncoder().encode(text)])
      if (outcome !== 'complete') expect(outcome).toMatchObject({ code: expect.any(String) })
    }
})
