import fc from 'fast-check'
import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import ReactMarkdown from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { expect, test } from 'vitest'
import { type Blocks, codeOfOpenFence, hasDefinitions, NO_BLOCKS, splitBlocks } from './blocks.ts'

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
]
const document = fc.array(fc.constantFrom(...LINES), { maxLength: 14 }).map(lines => lines.join('\n'))

function render(text: string): string {
  const html = renderToStaticMarkup(createElement(ReactMarkdown, { remarkPlugins: [remarkGfm] }, text))
  return html.replace(/\n+/g, '\n').trim()
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

test('blocks read one by one are what the whole text is', () => {
  fc.assert(
    fc.property(document, text => {
      const { frozen, tail } = splitBlocks(text)
      const separately = [...frozen, tail].map(render).filter(Boolean).join('\n')
      expect(separately).toBe(render(text))
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

test('a text that does not continue the last one is split from its start', () => {
  const before = splitBlocks('Um.\n\nDois.\n\n')
  expect(joined(splitBlocks('Outro.\n\nTexto', before))).toBe('Outro.\n\nTexto')
})

test('lists, tables and fences stay whole', () => {
  const list = '- um\n\n- dois\n\n  ainda dois\n\n'
  const table = '| a |\n|---|\n| b |\n\n'
  const fence = '```\num\n\ndois\n```\n\n'
  expect(splitBlocks(`${list}${table}${fence}fim\n`).frozen).toEqual([list, table, fence])
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

test('definitions make a text whole', () => {
  expect(hasDefinitions('Veja [isto][1].\n\n[1]: https://example.com')).toBe(true)
  expect(hasDefinitions('Uma nota[^1].\n\n[^1]: aqui')).toBe(true)
  expect(hasDefinitions('[link](https://example.com): texto')).toBe(false)
})
