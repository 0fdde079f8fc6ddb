import { expect, test } from 'vitest'
import { readReply } from '../../../../test/upstream/readReply.ts'
import type { ProviderChunk } from '../../generation/provider.ts'
import { createCallReader } from './callReader.ts'

type Delta = Record<string, unknown>

async function read(deltas: readonly Delta[][]) {
  const chunks: ProviderChunk[] = []
  const reader = createCallReader(chunk => chunks.push(chunk))
  for (const delta of deltas) reader.take(delta)
  reader.end()
  const { calls = [] } = await readReply(
    (async function* () {
      yield* chunks
    })(),
  )
  return calls.map(({ name, id, arguments: args }) => [name, args, ...(id === undefined ? [] : [id])])
}

const piece = (args: string, others: Delta = {}, name?: string): Delta => ({
  ...others,
  function: { ...(name !== undefined && { name }), arguments: args },
})

test.each<[how: string, deltas: Delta[][], calls: string[][]]>([
  [
    'OpenAI: pieces by index',
    [
      [piece('', { index: 0, id: 'call_a', type: 'function' }, 'soma')],
      [piece('{"a"', { index: 0 })],
      [piece('', { index: 1, id: 'call_b' }, 'hora')],
      [piece('{}', { index: 1 }), piece(':1}', { index: 0 })],
    ],
    [
      ['soma', '{"a":1}', 'call_a'],
      ['hora', '{}', 'call_b'],
    ],
  ],
  [
    'Ollama: every call has the index 0, and its own id',
    [
      [piece('{"a":1}', { index: 0, id: 'call_a' }, 'soma')],
      [piece('{"a":2}', { index: 0, id: 'call_b' }, 'soma')],
    ],
    [
      ['soma', '{"a":1}', 'call_a'],
      ['soma', '{"a":2}', 'call_b'],
    ],
  ],
  [
    'Ollama: the index 0 and no id',
    [[piece('{"a":1}', { index: 0 }, 'soma')], [piece('{"a":2}', { index: 0 }, 'hora')]],
    [
      ['soma', '{"a":1}'],
      ['hora', '{"a":2}'],
    ],
  ],
  [
    'Gemini: no index, everything at once',
    [[piece('{"a":1}', {}, 'soma'), piece('{}', {}, 'hora')]],
    [
      ['soma', '{"a":1}'],
      ['hora', '{}'],
    ],
  ],
  [
    'vLLM: the name comes late, and the id with every piece',
    [
      [piece('{"a', { index: 0, id: 'call_a' })],
      [piece('":1', { index: 0, id: 'call_a' }, 'soma')],
      [piece('}', { index: 0, id: 'call_a' }, 'soma')],
    ],
    [['soma', '{"a":1}', 'call_a']],
  ],
  [
    'llama.cpp: the first piece has the name and a bracket',
    [[piece('{', { index: 0, id: 'x' }, 'soma')], [piece('"a":1}', { index: 0 })]],
    [['soma', '{"a":1}', 'x']],
  ],
  [
    'LiteLLM: the first call has the index 1',
    [[piece('{}', { index: 1, id: 'call_a' }, 'soma')]],
    [['soma', '{}', 'call_a']],
  ],
  [
    'a text that can be read and still grows',
    [[piece('{"a":1}', { index: 0, id: 'c' }, 'soma')], [piece(' ', { index: 0 })]],
    [['soma', '{"a":1} ', 'c']],
  ],
  [
    'arguments as an object',
    [[{ index: 0, id: 'c', function: { name: 'soma', arguments: { a: 1 } } }]],
    [['soma', '{"a":1}', 'c']],
  ],
  ['a call that nobody names', [[piece('{}', { index: 0, id: 'c' })]], [['', '{}', 'c']]],
  ['nothing that is a call', [[], [{}], [{ function: null }]], [['', '']]],
])('%s', async (_how, deltas, calls) => {
  expect(await read(deltas)).toEqual(calls)
})
