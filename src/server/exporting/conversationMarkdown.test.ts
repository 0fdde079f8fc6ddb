import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { EXPORT_MESSAGES } from '../../protocol/exportMessages.ts'
import type { Part } from '../../protocol/parts.ts'
import { conversationMarkdown } from './conversationMarkdown.ts'

const question = (...parts: Part[]) => ({ role: 'USER', parts }) as const
const reply = (...parts: Part[]) => ({ role: 'ASSISTANT', parts }) as const
const text = (text: string): Part => ({ id: 'x', type: 'text', text })

async function markdown(messages: (ReturnType<typeof question> | ReturnType<typeof reply>)[], title = 'Rio') {
  const branch = Readable.from(messages)
  const options = { title, branch, assistant: 'Riacho', words: EXPORT_MESSAGES.en }
  let text = ''
  for await (const piece of conversationMarkdown(options)) text += piece
  return text
}

test('the document has every kind of part, with the numbered sources at the end', async () => {
  const parts: Part[] = [
    { id: '1', type: 'reasoning', text: 'Hm.\nWell.' },
    { id: '2', type: 'source', url: 'https://a.example/<x y>', title: 'A [b]' },
    { id: '3', type: 'source', url: 'https://b.example/', title: '' },
    { id: '4', type: 'text', text: 'One [2].\n' },
    { id: '5', type: 'break', status: 'stopped', code: null },
    { id: '6', type: 'refusal', text: 'No.' },
    { id: '7', type: 'file', name: 'a_b.md', text: 'x ```js``` y\n' },
    { id: '8', type: 'suggestions', questions: ['Why *two*?', 'And then?'] },
  ]
  expect(await markdown([reply(...parts)])).toBe(
    [
      '# Rio',
      '## Riacho',
      '> **Reasoning**\n> \n> Hm.\n> Well.',
      'One [2].',
      '*The text above broke off and went on later.*',
      'No.',
      '**a\\_b.md**',
      '````\nx ```js``` y\n````',
      '**Ask next**',
      '- Why \\*two\\*?\n- And then?',
      '**Sources**',
      '1. [A \\[b\\]](<https://a.example/%3Cx%20y%3E>)\n2. [https://b.example/](<https://b.example/>)\n',
    ].join('\n\n'),
  )
})

test('a reply that broke off in a table, twice, is one table', async () => {
  const stopped: Part = { id: 'x', type: 'break', status: 'stopped', code: null }
  expect(
    await markdown([
      reply(text('| a | b |\n|-|-|\n| 1'), stopped, text(' | 2 |\n'), stopped, text('| 3 | 4 |')),
    ]),
  ).toBe(
    '# Rio\n\n## Riacho\n\n| a | b |\n|-|-|\n| 1 | 2 |\n| 3 | 4 |\n\n*The text above broke off and went on later.*\n',
  )
})

test('a reply that goes on with a row, after it thought again, is one table', async () => {
  const stopped: Part = { id: 'x', type: 'break', status: 'stopped', code: null }
  const thought: Part = { id: 'x', type: 'reasoning', text: 'Hm.' }
  const parts = [text('| a | b |\n|-|-|\n| 1 | 2 |'), stopped, thought, text('| 3 | 4 |')]
  expect(await markdown([reply(...parts)])).toContain('|-|-|\n| 1 | 2 |\n| 3 | 4 |\n\n*The text above')
})

test('a reply that was stopped inside code ends before the next message', async () => {
  const branch = [
    reply(text('Run **this**:\n\n```sh\nnpm i')),
    question(text('*what* is <i>?\n# so')),
    reply(),
  ]
  expect(await markdown(branch, '<b> & *co*')).toBe(
    [
      '# \\<b> & \\*co*',
      '## Riacho',
      'Run **this**:',
      '```sh\nnpm i\n```',
      '## You',
      '\\*what* is \\<i>?  \n\\# so',
      '## Riacho\n',
    ].join('\n\n'),
  )
})

test.each([
  ['waiting', 0, '**Tool: Send** · *was not answered*\n\n```\n{}\n```\n'],
  ['denied', 0, '**Tool: Send** · *declined*\n\n```\n{}\n```\n'],
  ['failed', 1, '**Tool: Send** · *failed*\n\n```\n{}\n```\n'],
  ['stopped', 0, '**Tool: Send** · *stopped*\n\n```\n{}\n```\n'],
  ['stopped', 1, '**Tool: Send** · *stopped*\n\n```\n{}\n```\n\n*This call may have had an effect.*\n'],
  [
    'unknown',
    1,
    '**Tool: Send** · *outcome unknown*\n\n```\n{}\n```\n\n*This call may have had an effect.*\n',
  ],
  ['completed', 1, '**Tool: Send**\n\n```\n{}\n```\n'],
] as const)('a call that is %s after %i attempts says so', async (status, attempt, written) => {
  const call = { id: '1', callId: 'c', tool: 'send', title: 'Send', step: 1, arguments: '{}' }
  expect(await markdown([reply({ ...call, type: 'tool', status, attempt })])).toBe(
    `# Rio\n\n## Riacho\n\n${written}`,
  )
})

test('a conversation without title or text is still a document', async () => {
  expect(await markdown([question()], ' ')).toBe('# Conversation\n\n## You\n')
})

test('the headings of a reply stand below the one that says who speaks, and keep their order', async () => {
  const written = '# Plano\n\nUm.\n\nPasso\n-----\n\n```sh\n# no heading\n```\n\n###### Nota'
  expect(await markdown([reply(text(written))])).toBe(
    '# Rio\n\n## Riacho\n\n### Plano\n\nUm.\n\n#### Passo\n\n```sh\n# no heading\n```\n\n###### Nota\n',
  )
  expect(await markdown([reply(text('### Já abaixo'))])).toContain('\n### Já abaixo\n')
})
