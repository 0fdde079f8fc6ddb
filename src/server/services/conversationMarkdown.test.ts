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
      '*The reply broke off here and went on later.*',
      'No.',
      '**a\\_b.md**',
      '````\nx ```js``` y\n````',
      '**Sources**',
      '- [A \\[b\\]](<https://a.example/%3Cx%20y%3E>)\n',
    ].join('\n\n'),
  )
})

test('a conversation without title or text is still a document', () => {
  expect(markdown([], ' ')).toBe('# Conversation\n\n## You\n')
})
