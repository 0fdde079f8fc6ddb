import { createElement, type ReactNode } from 'react'
import { expect, test } from 'vitest'
import { TextProvider } from '../components/textProvider.tsx'
import { CATALOGUES } from '../i18n/catalogues.ts'
import { splitBlocks } from './blocks.ts'
import { Markdown } from './markdown.tsx'
import { readBlocks, readInline } from './read.ts'
import { type Reader, ReaderContext } from './reader.ts'
import { installTinyDocument } from './testing/tinyDocument.ts'

const box = installTinyDocument()
// React looks for a document when it is loaded.
const [{ flushSync }, { createRoot }] = await Promise.all([import('react-dom'), import('react-dom/client')])

const TOKEN = 7
const STEPS = 1000
const REPLY = [
  '## Um título\n\n',
  'Um parágrafo com **palavras fortes**, `código` e [um link](https://example.com/guia) dentro.\n\n',
  'Antes da lista:\n- primeiro item, com *ênfase*\n- segundo item\n  - dentro dele\n- terceiro item\n\n',
  '1. faça isto\n\n2. faça aquilo\n\n',
  '| Nome | Valor |\n|---|---|\n| um | **1** |\n| dois | `2` |\n\n',
  '```ts\nconst a = 1\n\nconst b = 2\n```\n\n',
  '> Uma citação longa\n> em duas linhas\n\n',
].join('')

/** How often each text was read: a block when it is drawn, and each of its leaves. */
interface Counts {
  blocks: Map<string, number>
  leaves: Map<string, number>
}

function countingReader(): { reader: Reader; counts: Counts } {
  const counts: Counts = { blocks: new Map(), leaves: new Map() }
  const count = (map: Map<string, number>, text: string) => map.set(text, (map.get(text) ?? 0) + 1)
  const reader: Reader = {
    readBlocks: text => {
      count(counts.blocks, text)
      return readBlocks(text)
    },
    readInline: (text, options) => {
      count(counts.leaves, text)
      return readInline(text, options)
    },
  }
  return { reader, counts }
}

function growingPage() {
  const { reader, counts } = countingReader()
  const root = createRoot(box)
  const draw = (text: string, isStreaming: boolean) => {
    const markdown = createElement(Markdown, { text, isStreaming })
    const children: ReactNode = createElement(ReaderContext, { value: reader }, markdown)
    const page = createElement(TextProvider, { locale: 'pt-BR', messages: CATALOGUES['pt-BR'], children })
    flushSync(() => root.render(page))
  }
  return {
    draw,
    counts,
    reset: () => {
      counts.blocks.clear()
      counts.leaves.clear()
    },
    [Symbol.dispose]: () => root.unmount(),
  }
}

test('while 1,000 tokens arrive, what is complete above them is neither read nor drawn again', () => {
  using page = growingPage()
  let text = `${REPLY}Fim.\n\nE`
  page.draw(text, true)
  page.reset()
  for (let step = 0; step < STEPS; step++) {
    text += step % 12 === 11 ? 'fim.\n\nE' : ' token,'
    page.draw(text, true)
  }
  const wasRead = [...page.counts.blocks.keys(), ...page.counts.leaves.keys()]
  expect(wasRead.filter(read => REPLY.includes(read) && read.length > 2)).toEqual([])
})

test('what is complete was read once as it grew to be that, and once when it was complete', () => {
  using page = growingPage()
  const text = REPLY.repeat(Math.ceil((STEPS * TOKEN) / REPLY.length))
  for (let end = TOKEN; end < text.length; end += TOKEN) page.draw(text.slice(0, end), true)
  page.draw(text, false)
  const times = Math.ceil(text.length / REPLY.length)
  for (const block of splitBlocks(text).frozen)
    expect((page.counts.blocks.get(block) ?? 0) / times, block).toBeLessThanOrEqual(2)
})

test.each([
  ['list', (index: number) => `- item ${index} com **texto** e \`código\` que o alonga um pouco\n`],
  ['table', (index: number) => `| linha ${index} | **valor** e mais um pouco de texto |\n`],
])('of a long %s only the piece that grows is read again', (kind, pieceOf) => {
  using page = growingPage()
  const head = kind === 'table' ? '| a | b |\n|---|---|\n' : ''
  const pieces = Array.from({ length: 100 }, (_, index) => pieceOf(index)).join('')
  page.draw(head + pieces, true)
  page.reset()
  let text = head + pieces
  for (let step = 0; step < 60; step++) {
    text += pieceOf(100 + step)
    page.draw(text, true)
  }
  let readCharacters = 0
  for (const [read, times] of page.counts.blocks) readCharacters += read.length * times
  expect(readCharacters).toBeLessThan(60 * 4 * (head.length + pieceOf(150).length))
})
