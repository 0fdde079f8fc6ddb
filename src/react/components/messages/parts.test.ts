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
