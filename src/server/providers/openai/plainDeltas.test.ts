import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FUZZ } from '../../../../test/harness/fuzzRuns.ts'
import { SEED } from '../../../../test/harness/testSeed.ts'
import { createChatReader } from './chatReader.ts'
import { readChatDeltas, readResponsesDeltas } from './plainDeltas.ts'
import type { Push, ReplyReader } from './replyReader.ts'
import { ResponseBody } from './responseBody.ts'
import { createResponsesReader } from './responsesReader.ts'

const text = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom('<think>', '</think>', '"', '\\', '\n', '🎈', '\u2028', '"delta":"x"', '{}', ''),
)
/** Mostly what the fields of a delta usually are, and now and then anything. */
const usually = <Value>(usual: fc.Arbitrary<Value>) =>
  fc.oneof(
    { arbitrary: usual as fc.Arbitrary<unknown>, weight: 30 },
    { arbitrary: fc.constantFrom<unknown>(null, 1.5, -1, true, 'x', [], {}, [{ delta: 'y' }]), weight: 1 },
  )
const count = fc.nat({ max: 1000 })
const fields = (of: Record<string, fc.Arbitrary<unknown>>, requiredKeys: string[]) =>
  fc
    .record(of, { requiredKeys })
    .chain(record => fc.shuffledSubarray(Object.entries(record), { minLength: Object.keys(record).length }))
    .map(
      entries =>
        `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`,
    )

const responsesDelta = fields(
  {
    type: usually(fc.constant('response.output_text.delta')),
    sequence_number: usually(count),
    item_id: usually(text),
    output_index: usually(count),
    content_index: usually(count),
    delta: usually(text),
    logprobs: usually(fc.constant([])),
    obfuscation: usually(text),
  },
  ['type', 'delta'],
)
const chatDelta = fields(
  {
    id: usually(text),
    object: usually(fc.constant('chat.completion.chunk')),
    created: usually(count),
    model: usually(text),
    usage: usually(fc.constant(null)),
    choices: usually(
      fc
        .record(
          {
            index: usually(count),
            delta: usually(
              fc.record(
                { role: fc.constant('assistant'), content: usually(text) },
                { requiredKeys: ['content'] },
              ),
            ),
            logprobs: usually(fc.constant(null)),
            finish_reason: usually(fc.constant(null)),
          },
          { requiredKeys: ['delta'] },
        )
        .map(choice => [choice]),
    ),
  },
  ['choices'],
)
const TYPE = 'event: response.output_text.delta\n'
const KINDS: Record<string, { create: (push: Push) => ReplyReader; event: fc.Arbitrary<string> }> = {
  responses: {
    create: push => createResponsesReader(push),
    event: responsesDelta.map(json => `${TYPE}data: ${json}\n\n`),
  },
  chat: { create: createChatReader, event: chatDelta.map(json => `data: ${json}\n\n`) },
}
const noise = fc.constantFrom(
  ...[
    'data: [DONE]\n\n',
    ': \n\n',
    '\n',
    'id: 1\n',
    TYPE,
    'data: {"type":"response.output_text.delta"\n',
    '\ufeff',
  ],
  `${TYPE}data: {"delta":"a"}\n\n`,
  `${TYPE}data: {"type":"response.output_text.delta","delta":"a","delta":"b"}\n\n`,
  'data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n',
  'data: {"error":{"message":"no"}}\n\n',
)

/** The chunks of a body that comes in these pieces, and how it ends. */
function read(reader: (push: Push) => ReplyReader, pieces: readonly string[]) {
  const chunks: unknown[] = []
  const readings: unknown[] = []
  const body = new ResponseBody({
    status: 200,
    isStreamByType: true,
    reader: reader(chunk => chunks.push(chunk)),
    onReading: reading => {
      if (reading !== 'progress') readings.push(reading)
    },
  })
  for (const piece of pieces) body.take(piece)
  body.finishEvents()
  return { chunks, readings, end: body.end(false) }
}

test.each(Object.entries(KINDS))(
  `deltas of %s that are read without the parser give what the parser gives, cut anywhere (seed ${SEED})`,
  (_, { create, event }) => {
    const part = fc.oneof({ arbitrary: event, weight: 12 }, { arbitrary: noise, weight: 1 })
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 5 }), (parts, cuts) => {
        const whole = parts.join('')
        const byEvents = cuts.length === 0
        const ends = [...cuts.map(cut => cut % (whole.length + 1)).toSorted((a, b) => a - b), whole.length]
        const pieces = byEvents ? parts : ends.map((end, index) => whole.slice(ends[index - 1] ?? 0, end))
        const withoutDeltas = (push: Push): ReplyReader => ({ ...create(push), readDeltas: () => 0 })
        expect(read(create, pieces)).toEqual(read(withoutDeltas, pieces))
      }),
      { numRuns: 2000 * FUZZ },
    )
  },
)

test.each([
  '{"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_0","output_index":0,"content_index":0,"delta":" Olá","logprobs":[],"obfuscation":"VL"}',
  '{"type":"response.output_text.delta","content_index":0,"delta":" Olá","item_id":"msg_0","logprobs":[],"output_index":0,"sequence_number":4}',
  '{"content_index":0,"delta":" Olá","item_id":"msg_0","logprobs":[],"output_index":1,"sequence_number":10,"type":"response.output_text.delta"}',
])('a delta of the Responses API needs no parser: %s', json => {
  const event = `${TYPE}data: ${json}\n\n`
  const found: string[] = []
  expect(readResponsesDeltas(event + event + TYPE, delta => found.push(delta))).toBe(2 * event.length)
  expect(found).toEqual([' Olá', ' Olá'])
})

test.each([
  '{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","service_tier":"default","system_fingerprint":"fp","choices":[{"index":0,"delta":{"content":" Olá"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"y"}',
  '{"id":"c","provider":"p","model":"m","object":"chat.completion.chunk","created":1,"choices":[{"index":0,"delta":{"role":"assistant","content":" Olá"},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}',
])('a delta of Chat Completions needs no parser: %s', json => {
  const event = `data: ${json}\n\n`
  const found: string[] = []
  expect(readChatDeltas(event + event, delta => found.push(delta))).toBe(2 * event.length)
  expect(found).toEqual([' Olá', ' Olá'])
})
