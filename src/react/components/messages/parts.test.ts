import { createElement } from 'react'
import { expect, test } from 'vitest'
import { markupOf } from '../../markdown/testing/drawn.ts'
import { Parts } from './parts.tsx'

test.each([
  [null, 'Raciocínio'],
  [0, 'Raciocínio'],
  [499, 'Raciocínio'],
  [500, 'Raciocinou por 1 s'],
  [12_400, 'Raciocinou por 12 s'],
])('reasoning of %s ms is called as long as it was', (reasoningMs, label) => {
  const timing = { firstTokenMs: 10, reasoningMs, totalMs: 20_000 }
  const parts = [{ id: '1', type: 'reasoning', text: 'Pensei.' }] as const
  const html = markupOf(createElement(Parts, { parts, isStreaming: false, timing }))
  expect(html).toMatch(new RegExp(`>${label}</summary>`))
})

const ASKED = [
  { id: '1', type: 'text', text: 'Sim.' },
  { id: '2', type: 'suggestions', questions: ['E <depois>?', 'Por quê?'] },
] as const

test('suggested questions are buttons where they can be sent, and else a list', () => {
  const drawnWith = (onAsk?: () => void) =>
    markupOf(createElement(Parts, { parts: ASKED, isStreaming: false, onAsk }))
  expect(
    drawnWith(() => {})
      .match(/<button[^>]*>[^<]*/g)
      ?.map(tag => tag.replace(/.*>/, '')),
  ).toEqual(['E &lt;depois&gt;?', 'Por quê?'])
  expect(drawnWith()).not.toContain('<button')
  expect(drawnWith()).toMatch(/<li[^>]*>Por quê\?<\/li>/)
})

test('nothing is suggested while the reply is being written', () => {
  const html = markupOf(createElement(Parts, { parts: ASKED, isStreaming: true }))
  expect(html).not.toContain('Por quê')
})

test.each([
  ['A foz', 'https://example.com/foz', 'A foz'],
  ['example.com: a foz', 'https://www.example.com/foz', 'example.com: a foz'],
  ['github.com', 'https://evil.example/login', 'github.com (evil.example)'],
  ['Entrar | www.banco.com.br', 'https://evil.example/', 'Entrar | www.banco.com.br (evil.example)'],
  ['https://github.com/riacho', 'https://evil.example/', 'https://github.com/riacho (evil.example)'],
  ['gооgle.com', 'https://evil.example/', 'gооgle.com (evil.example)'],
  ['  ', 'https://evil.example/', 'https://evil.example/'],
])('a source with the title %j at %s is called %j', (title, url, text) => {
  const parts = [{ id: '1', type: 'source', title, url }] as const
  const html = markupOf(createElement(Parts, { parts, isStreaming: false }))
  expect(html.replace(/<[^>]*>/g, '')).toContain(text)
  expect(/<a[^>]*>([^<]*)<\/a>/.exec(html)?.[1]).toBe(text)
})

test.each([
  ['running', [], 'Pesquisando na web'],
  ['completed', ['rio', 'mar'], 'Pesquisou na web: rio · mar · lei.example (5 páginas encontradas)'],
  ['failed', [], 'A pesquisa na web falhou'],
  ['stopped', ['rio'], 'A pesquisa na web foi interrompida: rio · lei.example (5 páginas encontradas)'],
] as const)('searches that are %s and follow each other are one line', (status, queries, text) => {
  const search = { type: 'search', status } as const
  const parts = [
    { ...search, id: '1', searchId: 'a', queries, ...(queries.length > 0 && { found: 5 }) },
    ...(queries.length > 0
      ? [{ ...search, id: '2', searchId: 'b', queries: [], url: 'https://lei.example/1' }]
      : []),
    { id: '3', type: 'text', text: 'Sim.' },
  ] as const
  const html = markupOf(createElement(Parts, { parts, isStreaming: false }))
  expect(html.replace(/<[^>]*>/g, '')).toBe(`${text}Sim.`)
})

test('the page of a search is shown only if it is an address of the web', () => {
  const parts = [
    { id: '1', type: 'search', searchId: 'a', queries: [], url: 'javascript:alert(1)', status: 'completed' },
  ] as const
  expect(markupOf(createElement(Parts, { parts, isStreaming: false }))).not.toContain('alert')
})
