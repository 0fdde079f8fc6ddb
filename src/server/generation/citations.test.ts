import { expect, test } from 'vitest'
import type { ContentEvent } from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import { Citations } from './citations.ts'
import { markOf } from './documents.ts'
import type { ProviderMessage } from './provider.ts'

const FILE = {
  id: '1',
  type: 'document',
  fileId: '019a0000-0000-7000-8000-000000abcdef',
  name: 'a.pdf',
  mediaType: 'application/pdf',
  size: 1,
  pages: 9,
} as const
const MARK = markOf(FILE)
const HISTORY: readonly ProviderMessage[] = [{ role: 'user', parts: [FILE] }]

const call = (content: string, fields: object = {}): Part => ({
  id: '1',
  type: 'tool',
  callId: 'c',
  tool: 'document_search',
  step: 1,
  arguments: '{}',
  status: 'completed',
  attempt: 1,
  content,
  ...fields,
})
const ANSWER = `[${MARK}:4] a.pdf, p. 3\ntexto\n\n[${MARK}:5] a.pdf, p. 4\nmais`

/** What readers get of a text in pieces: the text, and the pages of the sources. */
function told(citations: Citations, pieces: readonly string[]) {
  const events = pieces.flatMap(content => citations.take({ type: 'text-delta', content }))
  const all = [...events, ...citations.end()]
  const text = all.map(event => (event.type === 'text-delta' ? event.content : '')).join('')
  return { text, pages: all.flatMap(event => (event.type === 'source-add' ? event.page : [])), events: all }
}

test('a mark becomes the number of its source, wherever the text is cut', () => {
  const text = `Um [${MARK}:4], dois 【${MARK}:5】 e três [${MARK}:4; ${MARK}:5]. [link](x) a[0] [`
  for (let at = 0; at <= text.length; at++) {
    const {
      text: shown,
      pages,
      events,
    } = told(new Citations(HISTORY, [call(ANSWER)]), [text.slice(0, at), text.slice(at)])
    expect(shown).toBe('Um [1], dois [2] e três [1, 2]. [link](x) a[0] [')
    expect(pages).toEqual([3, 4])
    // The text stays one part.
    expect(events.findLastIndex(({ type }) => type === 'text-delta')).toBeLessThan(
      events.findIndex(({ type }) => type === 'source-add'),
    )
  }
})

test('a mark that no tool of ours told stays as it is', () => {
  const text = `[${MARK}:4] [${MARK}:99] [ffffff:4]`
  const foreign = [call(ANSWER, { server: 'outro' }), call(ANSWER, { tool: 'soma' })]
  expect(told(new Citations(HISTORY, foreign), [text]).text).toBe(text)
  expect(told(new Citations([], [call(ANSWER)]), [text]).text).toBe(text)
  expect(told(new Citations(HISTORY, [call(ANSWER)]), [text]).text).toBe(`[1] [${MARK}:99] [ffffff:4]`)
})

test('numbers go on after the sources that are there, and a source that is there keeps its number', () => {
  const source = { id: '1', type: 'source', url: 'u', title: 't' } as const
  const cited = { ...source, fileId: FILE.fileId, passage: 5 }
  const citations = new Citations(HISTORY, [call(ANSWER), source, cited])
  expect(told(citations, [`[${MARK}:4] [${MARK}:5]`]).text).toBe('[3] [2]')
  const added: ContentEvent = { type: 'source-add', url: 'w', title: 'w' }
  expect(citations.take(added)).toEqual([added])
  citations.learn([call(`[${MARK}:6] a.pdf, p. 9\nfim`)])
  expect(told(citations, [`[${MARK}:6]`]).text).toBe('[5]')
})

test('a source of the provider comes after those that the text has cited', () => {
  const citations = new Citations(HISTORY, [call(ANSWER)])
  citations.take({ type: 'text-delta', content: `[${MARK}:4] [${MARK}` })
  const events = citations.take({ type: 'source-add', url: 'w', title: 'w' })
  expect(events.map(event => (event.type === 'source-add' ? event.title : event.type))).toEqual([
    'text-delta',
    'a.pdf, p. 3',
    'w',
  ])
})
