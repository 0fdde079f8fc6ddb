import { expect, it } from 'vitest'
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

it('an error without a type fails the reply', () => {
  expect(read({ error: { message: 'it broke' } }).last).toMatchObject({ code: 'UPSTREAM_ERROR' })
})
