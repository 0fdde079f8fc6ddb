import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../harness/folder.ts'
import { startServer } from '../harness/server.ts'
import { PATIENT, runImport } from './importProcess.ts'
import { zipOf } from './zip.ts'

/** Files that are beside the conversations of an export, and are none of its own. */
const NOISE: [string, string][] = [
  ['__MACOSX/._conversations.json', '\0\x05\x16\x07'],
  ['.index.json', '{'],
  ['file-abc-tsconfig.json', '{ // comment\n}'],
  ['odd.json', '[null, {"a":1}]'],
]

const CHAT = {
  uuid: 'big',
  name: 'Grande',
  chat_messages: [{ uuid: 'm', sender: 'human', text: 'Oi', created_at: '2024-01-01T00:00:00Z' }],
}

describe('what cannot be imported', PATIENT, () => {
  const chats = JSON.stringify([CHAT, { ...CHAT, uuid: 'second' }])
  const bomb = Buffer.alloc(80 * 1024 * 1024, ' ')
  const whole = zipOf([{ name: 'conversations.json', data: Buffer.from(chats) }])
  const bad: [string, Buffer, RegExp][] = [
    ['a truncated file', Buffer.from(chats.slice(0, -20)), /is damaged, or it is no JSON/],
    ['an empty file', Buffer.alloc(0), /it is empty/],
    ['no JSON', Buffer.from('<html>'), /is damaged, or it is no JSON/],
    ['another encoding', Buffer.from('["\xe9"]', 'latin1'), /is damaged, or it is no JSON/],
    ['another format', Buffer.from('[{"id":"1","mapping":{}}]'), /This is an export of ChatGPT/],
    ['JSON of something else', Buffer.from('{"a":1}'), /No conversation of Claude/],
    [
      'another format behind an odd entry',
      Buffer.from('[null,{"id":"1","mapping":{}}]'),
      /This is an export of ChatGPT/,
    ],
    ['a value of many small ones', Buffer.from(`[[${'{},'.repeat(5_000_000)}{}]]`), /more than 8000000 keys/],
    ['a truncated zip', whole.subarray(0, -30), /is not a whole zip file/],
    ['a zip bomb', zipOf([{ name: 'conversations.json', data: bomb }]), /zip bomb/],
    [
      'a zip that unpacks to more than it says',
      zipOf([{ name: 'conversations.json', data: bomb, saidSize: 1000 }]),
      /is damaged/,
    ],
    [
      'a zip whose second file is truncated',
      zipOf([
        { name: 'a.json', data: Buffer.from(chats) },
        { name: 'b.json', data: Buffer.from(chats.slice(0, -20)) },
      ]),
      /b.json is damaged/,
    ],
  ]

  test.each(bad)('%s: one sentence, and nothing is stored', async (_, data, sentence) => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'export')
    await writeFile(path, data)
    const settings = { DATABASE_URL: `file:${join(folder.path, 'riacho.db')}` }
    const { code, problem, report } = await runImport(['claude', path, '--owner', 'ana'], settings)
    expect([code, report]).toEqual([1, ''])
    expect(problem).toMatch(sentence)
    expect(problem).not.toContain('    at ')
    await using server = await startServer({ folder })
    expect(server.rows('select id from conversations')).toEqual([])
  })
})

test('files beside the conversations and an odd entry do not refuse the export', PATIENT, async () => {
  await using folder = await temporaryFolder()
  const entries = [
    ['conversations.json', JSON.stringify([null, CHAT, { ...CHAT, uuid: 'second' }])] as const,
    ...NOISE,
  ]
  const zip = join(folder.path, 'export.zip')
  await writeFile(zip, zipOf(entries.map(([name, text]) => ({ name, data: Buffer.from(text) }))))
  const unpacked = join(folder.path, 'unpacked')
  for (const [name, text] of entries) {
    await mkdir(dirname(join(unpacked, name)), { recursive: true })
    await writeFile(join(unpacked, name), text)
  }
  for (const from of [zip, unpacked]) {
    const { code, report } = await runImport(['claude', from, '--dry-run'])
    expect([code, report]).toEqual([0, expect.stringContaining('Found 2 conversations with 2 messages.')])
    expect(report).toContain('1 × an entry of conversations.json that is no conversation of Claude')
    expect(report).toContain('1 × the file file-abc-tsconfig.json, which is damaged')
    expect(report).toContain('1 × the file odd.json, which has no conversations of Claude')
    expect(report).toContain('2 files that are no JSON')
  }
})
