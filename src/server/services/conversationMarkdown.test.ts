import { expect, test } from 'vitest'
import type { Part } from '../../protocol/events.ts'
import { EXPORT_MESSAGES } from '../../protocol/exportMessages.ts'
import type { Message } from '../../protocol/responses.ts'
import { conversationMarkdown } from './conversationMarkdown.ts'

const question = (parts: Part[]): Message => ({
  id: 'm',
  role: 'USER',
  parentId: null,
  parts,
  clientMessageId: null,
  createdAt: 1,
})

const markdown = (parts: Part[], title = 'Rio') =>
  conversationMarkdown({ title, branch: [question(parts)], assistant: 'Riacho', words: EXPORT_MESSAGES.en })

test('every kind of part is in the document, sources at the end', () => {
  expect(
    markdown([
      { type: 'reasoning', text: 'Hm.\nWell.' },
      { type: 'source', url: 'https://a.example/<x y>', title: 'A [b]' },
      { type: 'text', text: 'One.\n' },
      { type: 'break', status: 'stopped', code: null },
      { type: 'refusal', text: 'No.' },
      { type: 'file', name: 'a_b.md', text: 'x ```js``` y\n' },
    ]),
  ).toBe(
    [
      '# Rio',
      '## You',
      '> **Reasoning**\n> \n> Hm.\n> Well.',
      'One.',
      '*The text above broke off and went on later.*',
      'No.',
      '**a\\_b.md**',
      '````\nx ```js``` y\n````',
      '**Sources**',
      '- [A \\[b\\]](<https://a.example/%3Cx%20y%3E>)\n',
    ].join('\n\n'),
  )
})

test('a reply that broke off in a table, twice, is one table', () => {
  const stopped: Part = { type: 'break', status: 'stopped', code: null }
  const text = (text: string): Part => ({ type: 'text', text })
  expect(
    markdown([text('| a | b |\n|-|-|\n| 1'), stopped, text(' | 2 |\n'), stopped, text('| 3 | 4 |')]),
  ).toBe(
    '# Rio\n\n## You\n\n| a | b |\n|-|-|\n| 1 | 2 |\n| 3 | 4 |\n\n*The text above broke off and went on later.*\n',
  )
})

test('a conversation without title or text is still a document', () => {
  expect(markdown([], ' ')).toBe('# Conversation\n\n## You\n')
})
