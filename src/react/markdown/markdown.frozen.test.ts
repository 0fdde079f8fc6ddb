import { createElement, type ReactNode } from 'react'
import { expect, test } from 'vitest'
import { TextProvider } from '../components/textProvider.tsx'
import { CATALOGUES } from '../i18n/catalogues.ts'
import { Markdown } from './markdown.tsx'
import { splitBlocks } from './parsing/blocks.ts'
import { parseBlocks, parseInline } from './parsing/parse.ts'
import { type Parser, ParserContext } from './parsing/parserContext.ts'
import { installTinyDocument, takeChanges } from './testing/tinyDocument.ts'

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

/** How often each block, and each leaf, was parsed. */
interface Counts {
  blocks: Map<string, number>
  leaves: Map<string, number>
}

function countingParser(): { parser: Parser; counts: Counts } {
  const counts: Counts = { blocks: new Map(), leaves: new Map() }
  const count = (map: Map<string, number>, text: string) => map.set(text, (map.get(text) ?? 0) + 1)
  const parser: Parser = {
    parseBlocks: text => {
      count(counts.blocks, text)
      return parseBlocks(text)
    },
    parseInline: (text, options) => {
      count(counts.leaves, text)
      return parseInline(text, options)
    },
  }
  return { parser, counts }
}

function growingPage() {
  const { parser, counts } = countingParser()
  const root = createRoot(box)
  const draw = (text: string, isStreaming: boolean) => {
    const markdown = createElement(Markdown, { text, isStreaming })
    const children: ReactNode = createElement(ParserContext, { value: parser }, markdown)
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
  const frozen = [...(box.firstChild?.childNodes ?? [])].slice(0, -1)
  expect(frozen.length).toBe(10)
  takeChanges(box)
  for (let step = 0; step < STEPS; step++) {
    text += step % 12 === 11 ? 'fim.\n\nE' : ' token,'
    page.draw(text, true)
  }
  const wasRead = [...page.counts.blocks.keys(), ...page.counts.leaves.keys()]
  expect(wasRead.filter(read => REPLY.includes(read) && read.length > 2)).toEqual([])
  expect(takeChanges(box).filter(({ node }) => frozen.some(element => element.contains(node)))).toEqual([])
})

test('what is complete was read at most once, and a list or table only piece by piece', () => {
  using page = growingPage()
  const text = REPLY.repeat(Math.ceil((STEPS * TOKEN) / REPLY.length))
  for (let end = TOKEN; end < text.length; end += TOKEN) page.draw(text.slice(0, end), true)
  page.draw(text, false)
  const times = Math.ceil(text.length / REPLY.length)
  for (const block of splitBlocks(text).frozen)
    expect((page.counts.blocks.get(block) ?? 0) / times, block).toBeLessThanOrEqual(1)
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

const removedElements = () =>
  takeChanges(box).flatMap(({ removed }) => (removed && removed.nodeType === 1 ? [removed.nodeName] : []))

const FORMULAS = [
  '1. Seja $a^2$ dado.\n2. Logo:\n   $$\n   c = 5\n   $$\n3. Fim com $d$.\n\n',
  'Um parágrafo com $x^2$ dentro\ne duas linhas.\n\n',
  '| a | b |\n|---|---|\n| $x$ | $y$ |\n\n',
  '> citação $q^2$ longa\n\n- um\n\n  dois\n- três\n\n---\n\n$$\nx\n$$\n\n',
].join('')

test.each([1, 7])('an element that was drawn stays, whatever comes after it, %i characters at once', size => {
  using page = growingPage()
  const text = (REPLY + FORMULAS).repeat(2)
  takeChanges(box)
  for (let end = 1; end < text.length; end += size) {
    const shown = text.slice(0, end)
    page.draw(shown, true)
    expect(removedElements(), `after ${JSON.stringify(shown.slice(-40))}`).toEqual([])
  }
  page.draw(text, false)
  expect(removedElements()).toEqual([])
})
