import { createElement } from 'react'
import { expect, test } from 'vitest'
import { TextProvider } from '../components/textProvider.tsx'
import { CATALOGUES } from '../i18n/catalogues.ts'
import { Markdown } from './markdown.tsx'
import { parseBlocks, parseInline } from './parsing/parse.ts'
import { type Parser, ParserContext } from './parsing/parserContext.ts'
import { installTinyDocument } from './testing/tinyDocument.ts'

const box = installTinyDocument()
// React looks for a document when it is loaded.
const [{ flushSync }, { createRoot }] = await Promise.all([import('react-dom'), import('react-dom/client')])

test('a block that cannot be drawn is shown as it was written, until its text is another', () => {
  const caught: unknown[] = []
  const root = createRoot(box, { onCaughtError: error => caught.push(error) })
  const parser: Parser = {
    parseBlocks,
    parseInline: (text, options) => {
      if (text.endsWith('falha')) throw new Error('a fault')
      return parseInline(text, options)
    },
  }
  const shown = (text: string) => {
    const markdown = createElement(Markdown, { text, isStreaming: false })
    const children = createElement(ParserContext, { value: parser }, markdown)
    const messages = CATALOGUES['pt-BR']
    flushSync(() => root.render(createElement(TextProvider, { locale: 'pt-BR', messages, children })))
    return box.textContent
  }
  expect(shown('**um**\n\n**dois** falha\n')).toBe('um**dois** falha\n')
  expect(caught).toEqual([new Error('a fault')])
  expect(shown('**um**\n\n**dois** falha não\n')).toBe('umdois falha não')
  root.unmount()
})
