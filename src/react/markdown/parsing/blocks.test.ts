import fc from 'fast-check'
import { createElement } from 'react'
import { expect, test } from 'vitest'
import { Flow } from '../flow.tsx'
import { drawn, markupOf } from '../testing/drawn.ts'
import { type Blocks, codeOfOpenFence, NO_BLOCKS, splitBlocks } from './blocks.ts'
import { parseBlocks } from './parse.ts'

const LINES = [
  '',
  '',
  '   ',
  'palavras soltas',
  '# título',
  '---',
  '- item',
  '  continuação',
  '    código',
  '\tcódigo',
  '1. um',
  '1) dois',
  '* * *',
  '```',
  '```ts',
  '````',
  '~~~',
  '  ```',
  '- ```',
  '    ```',
  '> citação',
  '> ```',
  '| a | b |',
  '|---|---|',
  '<div>',
  '<!-- nota',
  '<https://example.com>',
  '**negrito** `código`',
  '| c | d |',
  '- [ ] tarefa',
  '10. dez',
  '    - dentro',
  '$$',
  'x = 1',
  '\\[',
  '\\].',
  'e $$ e \\[',
]
const document = fc.array(fc.constantFrom(...LINES), { maxLength: 14 }).map(lines => lines.join('\n'))

/** The text parsed at once, and drawn. */
function whole(text: string): string {
  return withoutEmpty(markupOf(createElement(Flow, { tokens: parseBlocks(text) })))
}

/** The text as the page draws it: block by block, and lists and tables part by part. */
function piecewise(text: string): string {
  return withoutEmpty(drawn(text).replace(/^<div class="markdown">|<\/div>$/g, ''))
}

function withoutEmpty(html: string): string {
  return html
    .replace(/<p><\/p>/g, '')
    .replace(/\n+/g, '\n')
    .trim()
}

function joined({ frozen, tail }: Blocks): string {
  return frozen.join('') + tail
}

test('the blocks of every prefix are that prefix, in the order it grows and in one go', () => {
  fc.assert(
    fc.property(document, text => {
      let blocks = NO_BLOCKS
      for (let length = 0; length <= text.length; length++) {
        const prefix = text.slice(0, length)
        const before = blocks.frozen
        blocks = splitBlocks(prefix, blocks)
        expect(joined(blocks)).toBe(prefix)
        expect(blocks.frozen.slice(0, before.length)).toEqual(before)
        expect(blocks).toEqual(splitBlocks(prefix))
      }
    }),
  )
})

test('a text drawn block by block is what it is as a whole', () => {
  fc.assert(
    fc.property(document, text => {
      expect(piecewise(text)).toBe(whole(text))
    }),
    { numRuns: 1000 },
  )
})

test('a token changes the tail and nothing before it', () => {
  const before = splitBlocks('Um.\n\nDois.\n\nTrês\n')
  const after = splitBlocks('Um.\n\nDois.\n\nTrês\ne', before)
  expect(after.frozen).toBe(before.frozen)
  expect(after.frozen).toEqual(['Um.\n\n', 'Dois.\n\n'])
})

test('a block ends as soon as the begin of the next line says so', () => {
  expect(splitBlocks('Um.\n\nD').frozen).toEqual(['Um.\n\n'])
  expect(splitBlocks('- um\n\nD').frozen).toEqual(['- um\n\n'])
  expect(splitBlocks('```\num\n```\nD').frozen).toEqual(['```\num\n```\n'])
  for (const begin of ['- um\n\n1', '- um\n\n-', '- um\n\n ', 'Um.\n\n  ', 'Um.\n`', 'Um.\n```a'])
    expect(splitBlocks(begin).frozen).toEqual([])
})

test('a text that does not continue the last one is split from its start', () => {
  const before = splitBlocks('Um.\n\nDois.\n\n')
  expect(joined(splitBlocks('Outro.\n\nTexto', before))).toBe('Outro.\n\nTexto')
})

test('lists, tables and fences stay whole', () => {
  const list = '- um\n\n- dois\n\n  ainda dois\n\n'
  const table = '| a |\n|---|\n| b |\n\n'
  const fence = '```\num\n\ndois\n```\n\n'
  const tildes = '~~~\r\num\r\n\r\ndois\r\n~~~\r\n\r\n'
  const blocks = [list, table, fence, tildes]
  expect(splitBlocks(`${blocks.join('')}fim\n`).frozen).toEqual(blocks)
})

test('an open fence is the tail from its first line on', () => {
  const blocks = splitBlocks('Veja:\n```ts\nconst a = 1\n\nconst b')
  expect(blocks).toMatchObject({ frozen: ['Veja:\n'], tailIsOpenFence: true })
  expect(codeOfOpenFence(blocks.tail)).toEqual({ language: 'ts', code: 'const a = 1\n\nconst b' })
})

test('a closing fence half written is not shown as code', () => {
  expect(codeOfOpenFence('```\na\n``').code).toBe('a\n')
  expect(codeOfOpenFence('```\n`').code).toBe('')
})
