import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withoutCitationMarks } from './format.ts'
import { FORMATS, type FormatName } from './formats.ts'
import { timeOf } from './loose.ts'

const EXPORTS = join(import.meta.dirname, '..', '..', '..', 'test', 'importing', 'exports')

async function read(name: FormatName) {
  const parsed: unknown = JSON.parse(await readFile(join(EXPORTS, `${name}.json`), 'utf8'))
  const values = Array.isArray(parsed) ? parsed : [parsed]
  const format = FORMATS[name]
  return values.filter(format.recognizes).map(value => format.read(value, () => {}))
}

test('each format recognizes its own export alone', async () => {
  for (const name of Object.keys(FORMATS) as FormatName[]) {
    const parsed: unknown = JSON.parse(await readFile(join(EXPORTS, `${name}.json`), 'utf8'))
    const first = Array.isArray(parsed) ? parsed[0] : parsed
    const found = Object.entries(FORMATS).filter(([, { recognizes }]) => recognizes(first))
    expect(found.map(([other]) => other)).toEqual([name])
  }
})

test('Claude: pastes are files, artifacts are code, thinking is reasoning, and old exports are in a row', async () => {
  const [contract, old] = await read('claude')
  expect(contract?.messages.map(({ id, parentId }) => [id, parentId])).toEqual([
    ['h1', null],
    ['r1', 'h1'],
    ['h2', 'r1'],
    ['r2', 'h2'],
    ['r3', 'h2'],
  ])
  expect(contract?.messages.slice(0, 2).map(({ parts }) => parts)).toEqual([
    [
      { type: 'text', text: '[assinatura.png]' },
      { type: 'text', text: 'Resuma.' },
      { type: 'file', name: 'contrato.txt', text: 'Cláusula primeira.' },
    ],
    [
      { type: 'reasoning', text: 'É curto.' },
      { type: 'text', text: 'Uma cláusula.' },
      { type: 'source', url: 'https://lei.example/1', title: 'Lei' },
      { type: 'text', text: "**Resumo**\n\n````python\nprint('```')\n````" },
    ],
  ])
  expect(old?.messages.map(({ parentId }) => parentId)).toEqual([null, 'o1'])
})

test('Claude: an attachment whose text is not in the export keeps its name', () => {
  const dropped: string[] = []
  const attachments = [{ file_name: 'foto.png', extracted_content: '' }]
  const chat = { uuid: 'c', chat_messages: [{ uuid: 'm', sender: 'human', text: 'Veja', attachments }] }
  const [message] = FORMATS.claude.read(chat, reason => dropped.push(reason)).messages
  expect(message?.parts[0]).toEqual({ type: 'text', text: '[foto.png]' })
  expect(dropped).toHaveLength(1)
})

test('LibreChat: nested messages, reasoning in the text or beside it', async () => {
  const [trip] = await read('librechat')
  expect(trip?.messages.map(({ id, parentId, role, model }) => [id, parentId, role, model])).toEqual([
    ['1', null, 'USER', null],
    ['2', '1', 'ASSISTANT', 'gpt-4o'],
    ['3', '1', 'ASSISTANT', 'gpt-4o-mini'],
  ])
  expect(trip?.messages.slice(1).map(({ parts }) => parts)).toEqual([
    [
      { type: 'reasoning', text: 'Mar ou serra?' },
      { type: 'text', text: 'À serra.' },
    ],
    [
      { type: 'reasoning', text: 'Mar.' },
      { type: 'text', text: 'Ao mar.' },
    ],
  ])
})

test('Open WebUI: reasoning inside the text, documents of a question, the open branch', async () => {
  const [chat] = await read('open-webui')
  expect(chat).toMatchObject({ headId: 'q2', pinned: true, createdAt: 1_710_000_000_000 })
  expect(chat?.messages.slice(0, 2).map(({ parts }) => parts)).toEqual([
    [
      { type: 'text', text: '[foto.jpg]\n\nPor que a rede cai?' },
      { type: 'file', name: 'log.txt', text: 'link down' },
    ],
    [
      { type: 'reasoning', text: 'Vejo o log.\nO cabo.' },
      { type: 'text', text: 'É o cabo.' },
      { type: 'source', url: 'https://cabo.example/', title: 'Cabos' },
    ],
  ])
})

/** The parts of a reply of Open WebUI with this content. */
function openWebuiReply(content: string) {
  const messages = [{ id: 'r', role: 'assistant', content }]
  return FORMATS['open-webui'].read({ id: 'c', chat: { messages } }, () => {}).messages[0]?.parts
}

test('Open WebUI: escaped reasoning is read as it was written, and other reasoning stays', () => {
  const summary = '<summary>Thought</summary>\n'
  const reasoning = (inner: string) =>
    openWebuiReply(`<details type="reasoning">\n${summary}${inner}</details>\nSim.`)?.[0]
  expect(reasoning('&gt; don&#x27;t use &lt;b&gt;\n&gt; &amp;lt;')).toEqual({
    type: 'reasoning',
    text: "don't use <b>\n&lt;",
  })
  expect(reasoning('> a &lt; b')).toEqual({ type: 'reasoning', text: 'a &lt; b' })
})

test.each([
  ['openings without an end', '<details type="a"'.repeat(100_000)],
  ['blocks without an end', '<details type="reasoning">\n'.repeat(50_000)],
  ['summaries without an end', `<details type="reasoning">${'<summary>'.repeat(100_000)}</details>`],
])('Open WebUI: a text of %s is read in a moment', (_, content) => {
  const began = performance.now()
  openWebuiReply(content)
  expect(performance.now() - began).toBeLessThan(1000)
})

test('Open WebUI: text around folded blocks stays', () => {
  const block = (type: string) => `<details type="${type}" done="true">\nx</details>\n`
  expect(openWebuiReply(`a<details type="?">b${block('reasoning')}c${block('tool_calls')}d`)).toEqual([
    { type: 'reasoning', text: 'x' },
    { type: 'text', text: 'a<details type="?">bcd' },
  ])
})

/** The text of a reply of ChatGPT. */
function chatgptReply(text: string, references: readonly object[]) {
  const message = {
    author: { role: 'assistant' },
    content: { content_type: 'text', parts: [text] },
    metadata: { content_references: references },
  }
  const [reply] = FORMATS.chatgpt.read({ id: 'c', mapping: { r: { message } } }, () => {}).messages
  const [part] = reply?.parts ?? []
  return part && 'text' in part ? part.text : expect.fail('no text')
}

test('ChatGPT: words come back for a mark, also where they have marks themselves', () => {
  const [a, b] = ['\ue200entity\ue202a\ue201', '\ue200entity\ue202b\ue201']
  const references = [
    { matched_text: a, alt: 'Bahia' },
    { matched_text: b, alt: `Salvador${a}` },
  ]
  expect(chatgptReply(`${a} e ${b} e ${a}`, references)).toBe('Bahia e Salvador e Bahia')
})

test('ChatGPT: marks that stand for themselves twice, or for a long text many times, do not fill memory', () => {
  const mark = '\ue200a\ue201'
  const doubling = Array.from({ length: 21 }, () => ({ matched_text: mark, alt: `x${mark}${mark}` }))
  expect(chatgptReply(mark, doubling)).toBe('x')
  const long = [{ matched_text: mark, alt: 'y'.repeat(100_000) }]
  expect(chatgptReply(mark.repeat(1000), long)).toHaveLength(2_000_000)
})

test('LibreChat: messages without parents are in a row, and a person may write the mark of reasoning', () => {
  const text = ':::thinking\nA\n:::\nB'
  const chat = {
    conversationId: 'c',
    messages: [
      { messageId: '1', isCreatedByUser: true, text, files: [{ filename: 'a.png' }] },
      { messageId: '2', text },
    ],
  }
  const { messages } = FORMATS.librechat.read(chat, () => {})
  expect(messages.map(({ parentId }) => parentId)).toEqual([null, '1'])
  expect(messages.map(({ parts }) => parts)).toEqual([
    [
      { type: 'text', text: '[a.png]' },
      { type: 'text', text },
    ],
    [
      { type: 'reasoning', text: 'A' },
      { type: 'text', text: 'B' },
    ],
  ])
})

test.each([
  [1_700_000_000, 1_700_000_000_000],
  [1_700_000_000_123, 1_700_000_000_123],
  ['1700000000', 1_700_000_000_000],
  [1_700_000_000n, 1_700_000_000_000],
  ['2024-01-02T03:04:05.678Z', 1_704_164_645_678],
  ['2024-01-02 03:04:05.678', 1_704_164_645_678],
  ['2024-01-02 03:04:05.678+00', 1_704_164_645_678],
  ['2024-01-02 00:04:05.678-03', 1_704_164_645_678],
  ['2024-01-02T00:04:05.678-0300', 1_704_164_645_678],
  ['2024-01-02', 1_704_153_600_000],
  [new Date(5), 5],
  ['yesterday', null],
  ['note 7', null],
  ['01/02/2024 10:00', null],
  [Number.NaN, null],
  [null, null],
])('the time %s is read', (value, time) => {
  expect(timeOf(value)).toBe(time)
})

test.each([
  ['Veja 【4:0†source】.', 'Veja.'],
  ['Veja【12†arquivo.pdf】 e 【4:2†source】isto', 'Veja e isto'],
  ['Duas 【1:0†a】【1:1†b】', 'Duas'],
  ['Sem marca 【nota】', 'Sem marca 【nota】'],
  ['Fim\ue200cite\ue202turn0search1\ue201.', 'Fim.'],
])('the marks of citations in %s are removed', (text, clean) => {
  expect(withoutCitationMarks(text)).toBe(clean)
})
