import { expect, it } from 'vitest'
import { drawingOf } from '../../../../test/upstream/pictures.ts'
import type { ProviderChunk } from '../../generation/provider.ts'
import type { Reading } from './replyReader.ts'
import { createResponsesReader } from './responsesReader.ts'

function read(...events: object[]): { chunks: ProviderChunk[]; last: Reading | undefined } {
  const chunks: ProviderChunk[] = []
  const reader = createResponsesReader(chunk => chunks.push(chunk))
  const readings = events.map(event => reader.read(JSON.stringify(event)))
  return { chunks, last: readings.at(-1) }
}

const added = (type: string) => ({ type: 'response.output_item.added', item: { type } })
const text = (delta: string) => ({ type: 'response.output_text.delta', delta })
const part = { type: 'response.reasoning_summary_part.added' }
const summary = (delta: string) => ({ type: 'response.reasoning_summary_text.delta', delta })

it('messages of one response are a blank line apart, their deltas are not', () => {
  const { chunks } = read(added('message'), text('a'), text('b'), added('message'), text('c'), text('d'))
  expect(chunks.map(chunk => 'content' in chunk && chunk.content)).toEqual(['a', 'b', '\n\nc', 'd'])
})

it('parts of a reasoning summary are a blank line apart', () => {
  const { chunks } = read(
    added('reasoning'),
    part,
    summary('a'),
    part,
    summary('b'),
    added('reasoning'),
    part,
    summary('c'),
  )
  expect(chunks.map(chunk => 'content' in chunk && chunk.content)).toEqual(['a', '\n\nb', '\n\nc'])
})

it('the reasoning text of open models is reasoning', () => {
  const { chunks } = read({ type: 'response.reasoning_text.delta', delta: 'hm' })
  expect(chunks).toEqual([{ type: 'reasoning-delta', content: 'hm' }])
})

it('file citations give no source', () => {
  const annotation = { type: 'file_citation', filename: 'rio.pdf', file_id: 'file-1' }
  const { chunks } = read({ type: 'response.output_text.annotation.added', annotation })
  expect(chunks).toEqual([])
})

it('a keepalive is no progress, an unknown event is', () => {
  expect(read({ type: 'keepalive' }).last).toBe('nothing')
  expect(read({ type: 'response.river_call.delta' }).last).toBe('progress')
})

it('a picture is given once, though the whole response has it again', () => {
  const lines = drawingOf([
    { previews: [Buffer.from('a')], bytes: Buffer.from('b'), prompt: 'x' },
    { bytes: Buffer.from('c') },
  ]).map(line => JSON.parse(line) as { type: string; response?: object })
  const pictures = [
    { type: 'picture-start', picture: 0 },
    { type: 'picture-data', picture: 0, data: 'YQ==', isLast: false },
    { type: 'picture-data', picture: 0, data: 'Yg==', isLast: true, description: 'x' },
    { type: 'picture-start', picture: 1 },
    { type: 'picture-data', picture: 1, data: 'Yw==', isLast: true },
  ]
  const { chunks } = read(...lines)
  expect(chunks).toEqual([...pictures, { type: 'text-delta', content: 'Aqui está.' }])
  // A server that does not stream has no previews, and one may send nothing but the end.
  const alone = read(lines.at(-1) ?? {}).chunks
  expect(alone).toEqual([
    ...pictures.filter(each => each.isLast !== false),
    { type: 'text-delta', content: 'Aqui está.' },
  ])
  const whole: ProviderChunk[] = []
  createResponsesReader(chunk => whole.push(chunk)).readWhole(lines.at(-1)?.response)
  expect(whole).toEqual(alone)
})

it('an error without a type fails the reply', () => {
  expect(read({ error: { message: 'it broke' } }).last).toMatchObject({ code: 'UPSTREAM_ERROR' })
})

it('each search of a whole response ends, also where the server names none of them', () => {
  const chunks: ProviderChunk[] = []
  const search = (query: string, id?: string) => ({ type: 'web_search_call', id, action: { query } })
  const output = [search('rio'), search('mar'), search('chuva', 'an id that nobody may use')]
  createResponsesReader(chunk => chunks.push(chunk)).readWhole({ status: 'completed', output })
  const told = chunks.map(chunk =>
    'queries' in chunk ? `${chunk.type} ${chunk.searchId} ${chunk.queries}` : '',
  )
  expect(told.filter(Boolean)).toEqual([
    'search-start search_1 rio',
    'search-end search_1 rio',
    'search-start search_2 mar',
    'search-end search_2 mar',
    'search-start search_3 chuva',
    'search-end search_3 chuva',
  ])
})
