import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FUZZ } from '../../../../test/harness/fuzzRuns.ts'
import type { ProviderChunk } from '../../generation/provider.ts'
import { createChatReader } from './chatReader.ts'
import { refusalOf, reportedFailure } from './failure.ts'
import type { Push, ReplyReader } from './replyReader.ts'
import { createResponsesReader } from './responsesReader.ts'

const CHAT = [
  {
    choices: [
      {
        delta: {
          content: [{ type: 'text', text: 'a' }],
          refusal: 'b',
          reasoning: 'c',
          reasoning_content: 'd',
          annotations: [{ type: 'url_citation', url_citation: { url: 'https://example.com', title: 'e' } }],
          images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,YQ==' } }],
        },
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: 1,
      completion_tokens: 2,
      prompt_tokens_details: { cached_tokens: 1 },
      completion_tokens_details: { reasoning_tokens: 1 },
    },
    error: null,
    object: 'chat.completion.chunk',
  },
  { error: { code: 400, message: 'x', param: 'y', type: 'z' } },
]

const RESPONSE = {
  id: 'r',
  status: 'completed',
  output: [
    {
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: 'a' }],
      content: [{ type: 'reasoning_text', text: 'b' }],
    },
    {
      type: 'web_search_call',
      id: 'ws_1',
      status: 'completed',
      action: { type: 'search', query: 'a', queries: ['b'], pattern: 'c', url: 'd', sources: [{}] },
    },
    { type: 'image_generation_call', id: 'ig_1', status: 'completed', result: 'YQ==', revised_prompt: 'a' },
    {
      type: 'message',
      content: [
        {
          type: 'output_text',
          text: 'c',
          annotations: [{ type: 'url_citation', url: 'https://e.com', title: 'd' }],
        },
        { type: 'refusal', refusal: 'e' },
      ],
    },
  ],
  usage: { input_tokens: 1, output_tokens: 2, input_tokens_details: {}, output_tokens_details: {} },
  error: { code: 'x', message: 'y' },
  incomplete_details: { reason: 'max_output_tokens' },
}
const RESPONSES = [
  { type: 'response.output_item.added', item: { type: 'message' } },
  { type: 'response.output_text.delta', delta: 'a' },
  { type: 'response.output_text.done', text: 'a' },
  { type: 'response.refusal.done', refusal: 'a' },
  { type: 'response.reasoning_text.delta', delta: 'a' },
  {
    type: 'response.output_text.annotation.added',
    annotation: { type: 'url_citation', url: 'u', title: 't' },
  },
  { type: 'response.output_item.added', output_index: 1, item: RESPONSE.output[1] },
  { type: 'response.output_item.done', output_index: 1, item: RESPONSE.output[1] },
  { type: 'response.output_item.added', output_index: 2, item: RESPONSE.output[2] },
  {
    type: 'response.image_generation_call.partial_image',
    output_index: 2,
    partial_image_b64: 'YQ==',
  },
  { type: 'response.output_item.done', output_index: 2, item: RESPONSE.output[2] },
  { type: 'response.output_item.done', item: RESPONSE.output[3] },
  { type: 'error', error: { code: 'x', message: 'y' } },
  ...['completed', 'incomplete', 'failed', 'cancelled'].map(status => ({
    type: `response.${status}`,
    response: RESPONSE,
  })),
]

/** Every path into a value. */
function pathsIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]]
  return [[], ...Object.entries(value).flatMap(([key, inner]) => pathsIn(inner).map(path => [key, ...path]))]
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value)
    ? [...value]
    : { ...(value as object) }
  Object.assign(copy, { [key]: replaced((value as Record<string, unknown>)[key], rest, by) })
  return copy
}

const anyJson = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(null, {}, [], 0, '', { toString: 5 }, [{ type: 'text' }], {
    type: 'text',
    text: {},
  }),
)
const READERS: readonly [string, (push: Push) => ReplyReader, readonly object[]][] = [
  ['chat', createChatReader, CHAT],
  ['responses', push => createResponsesReader(push), [...RESPONSES, RESPONSE]],
]

test.each(READERS)(
  'any JSON in place of any field of %s breaks no reader, and gives nothing but texts',
  (_, create, valid) => {
    const cases = valid.flatMap(event => pathsIn(event).map(path => ({ event, path })))
    fc.assert(
      fc.property(fc.constantFrom(...cases), anyJson, ({ event, path }, by) => {
        const chunks: ProviderChunk[] = []
        const value = JSON.parse(JSON.stringify(replaced(event, path, by)))
        const push: Push = chunk => chunks.push(chunk)
        const reader = create(push)
        const outcomes = [reader.read(JSON.stringify(value)), reader.end(), create(push).readWhole(value)]
        for (const outcome of outcomes) {
          if (typeof outcome === 'object') {
            expect(outcome).toMatchObject({ code: expect.any(String), message: expect.any(String) })
          }
        }
        for (const chunk of chunks) {
          if ('content' in chunk)
            expect([typeof chunk.content, chunk.content !== '']).toEqual(['string', true])
          if (chunk.type === 'source-add')
            expect([typeof chunk.url, typeof chunk.title]).toEqual(['string', 'string'])
          if (chunk.type === 'picture-data')
            expect([typeof chunk.data, typeof (chunk.description ?? '')]).toEqual(['string', 'string'])
          if (chunk.type === 'search-start' || chunk.type === 'search-end') {
            const { searchId, queries, url = '', found = 0 } = chunk
            const types = [searchId, url, found, ...queries].map(each => typeof each)
            expect(types).toEqual(['string', 'string', 'number', ...queries.map(() => 'string')])
          }
        }
      }),
      { numRuns: 3000 * FUZZ },
    )
  },
)

test('any JSON is a report of a failure', () => {
  fc.assert(
    fc.property(anyJson, fc.constantFrom(200, 400, 500), (report, status) => {
      for (const failure of [reportedFailure(report), refusalOf(status, JSON.stringify(report), undefined)]) {
        expect(failure).toMatchObject({ code: expect.any(String), message: expect.any(String) })
      }
    }),
  )
})
