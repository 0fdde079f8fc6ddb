import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldEvent, isContent } from '../../../protocol/events.ts'
import type { Part } from '../../../protocol/parts.ts'
import type { ProviderChunk } from '../../generation/provider.ts'
import { createBackgroundReader, type ResumeFrom } from './backgroundReader.ts'
import { decodePosition } from './checkpoint.ts'
import type { StoredResponse } from './storedResponse.ts'

const CREATED = { type: 'response.created', response: { id: 'resp_1' } }
const added = (type: string) => ({ type: 'response.output_item.added', item: { type } })
const PART = { type: 'response.reasoning_summary_part.added' }
const text = (delta: string) => ({ type: 'response.output_text.delta', delta })
const thought = (delta: string) => ({ type: 'response.reasoning_summary_text.delta', delta })
const refusal = (delta: string) => ({ type: 'response.refusal.delta', delta })
const cited = (url: string) => ({
  type: 'response.output_text.annotation.added',
  annotation: { type: 'url_citation', url, title: url },
})

const searched = (what: string, at: number) => ({
  type: `response.output_item.${what}`,
  output_index: at,
  item: { type: 'web_search_call', id: `ws_${at}`, action: { query: `${what} ${at}` } },
})

const word = fc.string({ minLength: 1, maxLength: 3 })
const eventArbitrary = fc.oneof(
  fc.constantFrom(added('message'), added('reasoning'), added('image_call'), PART),
  fc.tuple(fc.constantFrom('added', 'done'), fc.nat({ max: 2 })).map(([what, at]) => searched(what, at)),
  fc.oneof(word.map(text), word.map(thought), word.map(refusal)),
  fc.constantFrom('a', 'b').map(cited),
)

function numbered(events: readonly object[]): string[] {
  return [CREATED, ...events].map((event, index) => JSON.stringify({ ...event, sequence_number: index }))
}

function read(frames: readonly string[], left?: ResumeFrom): ProviderChunk[] {
  const chunks: ProviderChunk[] = []
  const reader = createBackgroundReader(chunk => chunks.push(chunk), left)
  if (left) reader.continueStream()
  for (const frame of frames) reader.read(frame)
  return chunks
}

function fold(chunks: readonly ProviderChunk[], parts: Part[] = []): Part[] {
  for (const chunk of chunks) if (isContent(chunk)) foldEvent(parts, chunk)
  return parts
}

const BREAK: Part[] = [
  { id: '1', type: 'reasoning', text: 'antes' },
  { id: '2', type: 'text', text: 'Antes' },
  { id: '3', type: 'source', url: 'a', title: 'a' },
  { id: '4', type: 'break', status: 'stopped', code: null },
]

describe('a reader that begins at a checkpoint', () => {
  it.each([
    ['the whole message', []],
    ['a message that goes on from another', BREAK],
  ])('gives what one that began at the start gives from there: %s', (_, before) => {
    fc.assert(
      fc.property(fc.array(eventArbitrary, { maxLength: 20 }), fc.nat({ max: 20 }), (events, cut) => {
        const frames = numbered(events)
        const first = read(frames.slice(0, cut + 1))
        const at = first.findLastIndex(({ type }) => type === 'checkpoint')
        const last = first[at]
        const position = last?.type === 'checkpoint' ? decodePosition(last.checkpoint) : undefined
        if (!position) throw new Error('no checkpoint')
        const parts = fold(first.slice(0, at), structuredClone(before))
        const rest = read(frames.slice((position.sequence ?? 0) + 1), {
          position,
          parts: structuredClone(parts),
        })
        expect(fold(rest, parts)).toEqual(fold(read(frames), structuredClone(before)))
      }),
    )
  })

  it('leaves out what a server repeats', () => {
    const frames = numbered([text('a'), text('b'), text('c')])
    const position = { id: 'resp_1', sequence: 2, gaps: { text: false, reasoning: false } }
    const chunks = read(frames, { position, parts: [{ id: '1', type: 'text', text: 'ab' }] })
    expect(fold(chunks)).toEqual([{ id: '1', type: 'text', text: 'c' }])
  })
})

it('a checkpoint follows the id and every event that gave something, and no other', () => {
  const chunks = read(numbered([added('message'), text('a'), { type: 'response.river_call' }, cited('a')]))
  expect(chunks.map(chunk => (chunk.type === 'checkpoint' ? chunk.checkpoint : chunk.type))).toEqual([
    '0::resp_1',
    'text-delta',
    '2::resp_1',
    'source-add',
    '4::resp_1',
  ])
})

it('where events have no number, the checkpoint names the response alone', () => {
  const chunks = read([CREATED, text('a')].map(event => JSON.stringify(event)))
  expect(chunks.filter(({ type }) => type === 'checkpoint')).toMatchObject([
    { checkpoint: '::resp_1' },
    { checkpoint: '::resp_1' },
  ])
})

describe('the rest of a stored response', () => {
  const message = (...parts: string[]) => ({
    type: 'message',
    content: parts.map(part => ({ type: 'output_text', text: part, annotations: [] })),
  })
  const reasoning = (...parts: string[]) => ({
    type: 'reasoning',
    summary: parts.map(part => ({ text: part })),
  })

  function finish(frames: readonly string[], response: { status: string; output: object[] }) {
    const chunks: ProviderChunk[] = []
    const reader = createBackgroundReader(chunk => chunks.push(chunk))
    for (const frame of frames) reader.read(frame)
    const outcome = reader.finish(response as StoredResponse)
    return { outcome, parts: fold(chunks), isOver: reader.isOver }
  }

  it('begins in the middle of any block', () => {
    const output = [reasoning('ab', 'cd'), message('ef', 'gh'), message('ij')]
    const events = [
      added('reasoning'),
      PART,
      ...[...'ab'].map(thought),
      PART,
      ...[...'cd'].map(thought),
      added('message'),
      ...[...'efgh'].map(text),
      added('message'),
      ...[...'ij'].map(text),
    ]
    const frames = numbered(events)
    for (let cut = 0; cut <= frames.length; cut++) {
      expect(finish(frames.slice(0, cut), { status: 'completed', output }), `cut at ${cut}`).toEqual({
        outcome: 'complete',
        parts: [
          { id: '1', type: 'reasoning', text: 'ab\n\ncd' },
          { id: '2', type: 'text', text: 'efgh\n\nij' },
        ],
        isOver: true,
      })
    }
  })

  const begun = numbered([thought('x'), text('ab')])

  it('fails where the text began otherwise, and gives nothing', () => {
    const { outcome, parts } = finish(begun, { status: 'completed', output: [message('ax…')] })
    expect(outcome).toMatchObject({ code: 'UPSTREAM_ERROR', repeatable: false })
    expect(parts).toEqual(fold(read(begun)))
  })

  it('leaves reasoning as it is where that alone began otherwise', () => {
    const { outcome, parts } = finish(begun, {
      status: 'completed',
      output: [reasoning('y'), message('abc')],
    })
    expect(outcome).toBe('complete')
    expect(parts).toEqual([
      { id: '1', type: 'reasoning', text: 'x' },
      { id: '2', type: 'text', text: 'abc' },
    ])
  })

  it.each([
    ['failed', 'UPSTREAM_ERROR'],
    ['incomplete', 'OUTPUT_LIMIT'],
    ['cancelled', 'UPSTREAM_TRUNCATED'],
  ])('keeps what was given of a %s one that stored nothing', (status, code) => {
    const { outcome, parts } = finish(begun, { status, output: [] })
    expect(outcome).toMatchObject({ code })
    expect(parts).toEqual(fold(read(begun)))
  })
})
