import fc from 'fast-check'
import { createElement } from 'react'
import { expect, test } from 'vitest'
import { FUZZ } from '../../../test/harness/fuzzRuns.ts'
import { processorTime } from '../../../test/harness/processorTime.ts'
import { SEED } from '../../../test/harness/testSeed.ts'
import { TextProvider } from '../components/textProvider.tsx'
import { CATALOGUES } from '../i18n/catalogues.ts'
import { Markdown } from './markdown.tsx'
import { NO_BLOCKS, splitBlocks } from './parsing/blocks.ts'
import { closeLastLeaf } from './parsing/closeLastLeaf.ts'
import { definitionsFor, definitionsIn, footnoteReferences } from './parsing/definitions.ts'
import type { MarkdownToken } from './parsing/grammar.ts'
import { holdBackUndecided } from './parsing/holdBackUndecided.ts'
import { pairElements } from './parsing/pairElements.ts'
import { NO_LINKS, parseBlocks, parseInline } from './parsing/parse.ts'
import { HOSTILE_UNITS } from './testing/hostileMarkdown.ts'
import { installTinyDocument } from './testing/tinyDocument.ts'

installTinyDocument()
// React looks for a document when it is loaded.
const [{ flushSync }, { createRoot }] = await Promise.all([import('react-dom'), import('react-dom/client')])

/** All that the page parses when a text has grown: the blocks, the last of them closed, and its leaves. */
function parseGrowing(text: string): void {
  const { frozen, tail } = splitBlocks(text, NO_BLOCKS)
  const blocks = [...frozen, tail]
  const definitions = definitionsIn(blocks)
  for (const block of blocks) definitionsFor(block, definitions)
  blocks.flatMap(footnoteReferences)
  const shown = holdBackUndecided(tail)
  const growing = parseBlocks(shown.text)
  closeLastLeaf(growing, shown.hasOpenFormula)
  parseLeaves(growing, true)
  parseLeaves(parseBlocks(tail), false)
}

function parseLeaves(tokens: readonly MarkdownToken[], isIncomplete: boolean): void {
  for (const token of tokens) {
    if (token.type === 'list')
      for (const item of token.items) parseLeaves(item.tokens as MarkdownToken[], isIncomplete)
    else if (token.type === 'blockquote' || token.type === 'details' || token.type === 'footnote')
      parseLeaves(token.tokens as MarkdownToken[], isIncomplete)
    else if (token.type === 'table')
      for (const { text } of [...token.header, ...token.rows.flat()]) parseLeaf(text, isIncomplete)
    else if ('text' in token) parseLeaf(token.text, isIncomplete)
  }
}

function parseLeaf(text: string, isIncomplete: boolean): void {
  pairElements(parseInline(text, { links: NO_LINKS, isIncomplete }))
}

/** A stretch of one hostile unit, then one of another. */
const heaps = fc
  .tuple(fc.constantFrom(...HOSTILE_UNITS), fc.constantFrom('', ...HOSTILE_UNITS))
  .map(([one, other]) => (length: number) => {
    return one.repeat(length / (2 * one.length)) + other.repeat(length / (2 * (other.length || 1)))
  })

const LENGTH = 3000

test(`the time of parsing grows no faster than the text (seed ${SEED})`, () => {
  parseGrowing(HOSTILE_UNITS.join(' ').repeat(3))
  fc.assert(
    fc.property(heaps, heapOf => {
      const timeOf = (length: number) => processorTime(() => parseGrowing(heapOf(length)))
      const least = (length: number) => Math.min(timeOf(length), timeOf(length))
      const long = timeOf(4 * LENGTH)
      // The square of the length takes sixteen times as long. Below the bound, noise is larger than what is measured.
      if (long > 100 && least(4 * LENGTH) > 9 * least(LENGTH) + 50) {
        expect.fail(`${least(LENGTH)} ms, ${least(2 * LENGTH)} ms, ${least(4 * LENGTH)} ms: ${heapOf(60)}`)
      }
    }),
    { numRuns: 60 * FUZZ },
  )
})

/** Without formulas and diagrams, which are drawn later. */
const texts = fc
  .array(
    fc.oneof(
      fc.constantFrom(...HOSTILE_UNITS.filter(unit => !/[$]|\\[[(]/.test(unit))),
      fc.constantFrom(
        'palavra ',
        'a',
        'b\n',
        '\n\n',
        '**forte** ',
        '- item\n',
        '| a | b |\n|---|---|\n',
        '```js\n',
      ),
    ),
    { maxLength: 30 },
  )
  .map(pieces => pieces.join(''))
  .filter(text => !/\\[[(]/.test(text))

function drawing() {
  const box = document.createElement('div')
  const root = createRoot(box)
  return {
    draw(text: string, isStreaming: boolean): string {
      const children = createElement(Markdown, { text, isStreaming })
      const messages = CATALOGUES['pt-BR']
      flushSync(() => root.render(createElement(TextProvider, { locale: 'pt-BR', messages, children })))
      return treeOf(box)
    },
    [Symbol.dispose]: () => root.unmount(),
  }
}

/** The elements and texts below a node. */
function treeOf(node: Node): string {
  if (node.nodeType === 3) return node.nodeValue ?? ''
  return `<${node.nodeName}>${[...node.childNodes].map(treeOf).join('')}</>`
}

test(`a reply that grew in any steps is drawn as one that came whole (seed ${SEED})`, () => {
  fc.assert(
    fc.property(texts, fc.array(fc.nat(), { maxLength: 12 }), (text, cuts) => {
      using grown = drawing()
      using whole = drawing()
      const lengths = cuts.map(cut => cut % (text.length + 1)).toSorted((one, other) => one - other)
      for (const length of lengths) grown.draw(text.slice(0, length), true)
      expect(grown.draw(text, false)).toBe(whole.draw(text, false))
    }),
    { numRuns: 150 * FUZZ },
  )
})
