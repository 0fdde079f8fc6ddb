import { expect, test } from 'vitest'
import type { ProviderChunk } from '../../generation/provider.ts'
import { createChatReader } from './chatReader.ts'
import { createResponsesReader } from './responsesReader.ts'

const READERS = {
  responses: (usage: unknown) => {
    const chunks: ProviderChunk[] = []
    const event = { type: 'response.completed', response: { status: 'completed', usage } }
    return { chunks, last: createResponsesReader(chunk => chunks.push(chunk)).read(JSON.stringify(event)) }
  },
  chat: (usage: unknown) => {
    const chunks: ProviderChunk[] = []
    const reader = createChatReader(chunk => chunks.push(chunk))
    reader.read(JSON.stringify({ choices: [{ delta: {}, finish_reason: 'stop' }], usage }))
    return { chunks, last: reader.read('[DONE]') }
  },
}
const APIS = ['responses', 'chat'] as const
const NAMES = {
  responses: ['input_tokens', 'output_tokens'],
  chat: ['prompt_tokens', 'completion_tokens'],
} as const

test.each(APIS)('usage of %s without both counts is none', api => {
  const [input, output] = NAMES[api]
  for (const usage of [
    null,
    {},
    { total_tokens: 9 },
    { [input]: 3 },
    { [output]: 3 },
    { [input]: 3, [output]: null },
    { [input]: '3', [output]: 4 },
    { [input]: 3, [output]: -1 },
  ])
    expect(READERS[api](usage), JSON.stringify(usage)).toEqual({ chunks: [], last: 'complete' })
})

test.each(APIS)('usage of %s with both counts is taken, and no detail that is no count', api => {
  const [input, output] = NAMES[api]
  const details = { [`${input}_details`]: { cached_tokens: null }, [`${output}_details`]: {} }
  const { chunks } = READERS[api]({ [input]: 3, [output]: 0, ...details })
  expect(chunks).toEqual([{ type: 'usage', usage: { inputTokens: 3, outputTokens: 0 } }])
})
