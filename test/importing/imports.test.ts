import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Message } from '../../src/protocol/responses.ts'
import { createRiacho } from '../../src/riacho.ts'
import { finished, type TestClient, textOfFrames } from '../harness/client.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'
import { EXPORTS, PATIENT, runImport } from './importProcess.ts'
import { zipOf } from './zip.ts'

const file = (name: string) => join(EXPORTS, `${name}.json`)

let folder: TestFolder
let upstream: Upstream

beforeAll(async () => {
  folder = await temporaryFolder()
  upstream = await createUpstream()
})

afterAll(async () => {
  await upstream.close()
  await folder[Symbol.asyncDispose]()
})

const BIG = {
  uuid: 'big',
  name: 'Grande',
  chat_messages: [{ uuid: 'm', sender: 'human', text: 'Oi', created_at: '2024-01-01T00:00:00Z' }],
}

interface Told {
  id: string
  title: string
  archived: boolean
  headMessageId: string | null
}

async function listOf(client: TestClient, query = ''): Promise<Told[]> {
  return (await client.get(`/api/chat/conversations?limit=100${query}`)).body.conversations
}

async function messagesOf(client: TestClient, id: string): Promise<Message[]> {
  return (await client.get(`/api/chat/conversations/${id}`)).body.messages
}

describe('what a visitor imported', PATIENT, () => {
  let client: TestClient
  let server: Awaited<ReturnType<typeof startServer>>

  beforeAll(async () => {
    const first = await startServer({ folder, upstream, settings: { TITLES: 'words' } })
    const visitor = first.client()
    await finished(visitor, { content: 'Antes de tudo' })
    await first[Symbol.asyncDispose]()
    const settings = { DATABASE_URL: `file:${first.databaseFile}` }
    for (const name of ['chatgpt', 'claude', 'librechat', 'open-webui']) {
      const { code, report } = await runImport([name, file(name)], settings)
      expect([code, report]).toEqual([0, expect.stringContaining('Imported')])
    }
    server = await startServer({ folder, upstream, settings: { TITLES: 'words' } })
    client = server.client()
    client.cookie = visitor.cookie
  }, PATIENT.timeout)

  afterAll(() => server[Symbol.asyncDispose]())

  const conversation = async (title: string) => {
    const found = [...(await listOf(client)), ...(await listOf(client, '&archived=true'))].find(
      each => each.title === title,
    )
    return found ?? expect.fail(`no ${title}`)
  }

  test('stands in the list by its time, below what was written since', async () => {
    expect((await listOf(client)).map(({ title }) => title)).toEqual([
      'Rede',
      'Antes de tudo',
      'Contrato',
      'Viagem',
      'Pão de queijo',
      'Antiga',
    ])
    expect((await listOf(client, '&archived=true')).map(({ title }) => title)).toEqual([
      'Qual a capital da Bahia?',
    ])
  })

  test('is read with its branches, its model and its parts', async () => {
    const { id, headMessageId } = await conversation('Pão de queijo')
    const messages = await messagesOf(client, id)
    expect(messages.map(({ role, parts }) => [role, parts])).toEqual([
      ['USER', [{ id: '1', type: 'text', text: '[forno.png]\n\nComo faço pão de queijo?' }]],
      ['ASSISTANT', [{ id: '1', type: 'text', text: 'Com polvilho azedo.' }]],
      [
        'ASSISTANT',
        [
          { id: '1', type: 'reasoning', text: 'Penso em polvilho.' },
          { id: '2', type: 'text', text: 'Com polvilho doce.' },
          { id: '3', type: 'source', url: 'https://receita.example/', title: 'Receita' },
        ],
      ],
    ])
    expect(messages[2]).toMatchObject({
      id: headMessageId,
      status: 'completed',
      model: 'o3',
      createdAt: 1_700_000_003_000,
    })
  })

  test('is found by a search, and is in the exports', async () => {
    const { body } = await client.get('/api/chat/search?query=polvilho%20doce')
    expect(body.hits).toMatchObject([{ title: 'Pão de queijo', role: 'ASSISTANT' }])
    const { id } = await conversation('Contrato')
    const markdown = await client.get(`/api/chat/conversations/${id}/export?format=markdown`)
    expect(markdown.text).toContain('Sessenta dias.')
    expect(markdown.text).toContain('Cláusula primeira.')
    expect((await client.get('/api/chat/export')).body.conversations).toHaveLength(7)
  })

  test('is forked and shared as any other', async () => {
    const { id, headMessageId } = await conversation('Contrato')
    const fork = await client.post(`/api/chat/conversations/${id}/fork`, { messageId: headMessageId })
    expect([fork.status, fork.body.messages.length]).toEqual([201, 4])
    const share = await client.post(`/api/chat/conversations/${id}/shares`)
    const shared = await client.get(`/api/chat/shared/${share.body.share.id}`)
    expect(shared.body.messages).toHaveLength(4)
    await client.call('DELETE', `/api/chat/conversations/${fork.body.conversation.id}`)
  })

  test('goes on: the model gets the branch that was open, and another reply to an imported question', async () => {
    const { id, headMessageId } = await conversation('Pão de queijo')
    upstream.reply({ tokens: ['Meia hora.'] })
    await finished(client, { conversationId: id, content: 'Quanto tempo assa?' })
    const asked = JSON.stringify(upstream.requests.at(-1)?.body)
    expect(asked).toContain('Com polvilho doce.')
    expect(asked).not.toContain('azedo')
    const question = (await messagesOf(client, id)).find(({ id }) => id === headMessageId)?.parentId
    upstream.reply({ tokens: ['Com queijo.'] })
    await using again = await client.retry({ userMessageId: question })
    expect((await again.end()).status).toBe('completed')
    expect(again.text).toBe('Com queijo.')
  })

  test('a reader of a run that was never here gets the whole message and the end', async () => {
    const { id } = await conversation('Viagem')
    const reply = (await messagesOf(client, id)).findLast(({ role }) => role === 'ASSISTANT')
    const runId = reply?.role === 'ASSISTANT' ? reply.runId : expect.fail('no reply')
    await using stream = await client.follow(runId)
    expect((await stream.end()).status).toBe('completed')
    expect(textOfFrames(stream.frames)).toBe('Ao mar.')
  })

  test('while the server runs the importer refuses with one sentence', async () => {
    const settings = { DATABASE_URL: `file:${server.databaseFile}` }
    const { code, problem, report } = await runImport(['claude', file('claude')], settings)
    expect([code, report]).toEqual([1, ''])
    expect(problem.trim().split('\n')).toEqual([
      expect.stringMatching(/^Another process is using the database/),
    ])
  })

  test('is erased with everything of its owner', async () => {
    expect((await client.call('DELETE', '/api/chat/owner')).status).toBe(204)
    for (const table of ['imports', 'messages', 'runs', 'conversations'])
      expect(server.rows(`select * from ${table}`)).toEqual([])
  })
})

describe('the command', PATIENT, () => {
  const settingsIn = (folder: TestFolder) => ({ DATABASE_URL: `file:${join(folder.path, 'riacho.db')}` })

  test('a second run adds nothing and says so, also from a zip and from a folder', async () => {
    await using folder = await temporaryFolder()
    const settings = settingsIn(folder)
    const zip = join(folder.path, 'export.zip')
    const data = await readFile(file('chatgpt'))
    await writeFile(
      zip,
      zipOf([
        { name: 'user.json', data: Buffer.from('{"id":"user-1"}') },
        { name: 'conversations-000.json', data },
        { name: 'file_1.dat', data: Buffer.from([1, 2, 3]) },
      ]),
    )
    const first = await runImport(['chatgpt', zip, '--owner', 'ana'], settings)
    expect(first.report).toContain('Imported 2 conversations with 5 messages.')
    expect(first.report).toContain('the file user.json, which has no conversations of ChatGPT')
    const unpacked = join(folder.path, 'unpacked')
    await cp(file('chatgpt'), join(unpacked, 'deep', 'conversations.json'), { recursive: true })
    for (const from of [zip, unpacked, file('chatgpt')]) {
      const again = await runImport(['chatgpt', from, '--owner', 'ana'], settings)
      expect([again.code, again.report]).toEqual([0, expect.stringContaining('Imported 0 conversations')])
      expect(again.report).toContain('2 conversations had been imported before')
    }
    const other = await runImport(['chatgpt', zip, '--owner', 'bia'], settings)
    expect(other.report).toContain('Imported 2 conversations')
  })

  test('the owner is the one that a mounted host names by the same id', async () => {
    await using folder = await temporaryFolder()
    await runImport(['claude', file('claude'), '--owner', 'ana'], settingsIn(folder))
    const riacho = createRiacho({ database: settingsIn(folder).DATABASE_URL })
    const { conversations } = await riacho.conversations.list({ owner: 'ana' })
    expect(conversations.map(({ title }) => title)).toEqual(['Contrato', 'Antiga'])
    await riacho.close()
  })

  test('a visitor is named by the value of the cookie', async () => {
    await using folder = await temporaryFolder()
    const cookie = '0198f2f0-0000-7000-8000-000000000001.signature'
    const run = await runImport(['claude', file('claude'), '--visitor', cookie], settingsIn(folder))
    expect(run.code).toBe(0)
    await using server = await startServer({ folder })
    const rows = server.rows('select distinct owner_id from conversations')
    expect(rows).toEqual([{ owner_id: cookie.split('.')[0] }])
  })

  test('a visitor whose cookie is a token is the one who has it, and an unknown token is nobody', async () => {
    await using folder = await temporaryFolder()
    const client = await (async () => {
      await using server = await startServer({ folder })
      const visitor = server.client()
      await visitor.get('/api/chat/conversations')
      return visitor
    })()
    const cookie = client.cookie?.split('=')[1] ?? ''
    const command = ['claude', file('claude'), '--visitor']
    expect((await runImport([...command, cookie, '--dry-run'], settingsIn(folder))).code).toBe(0)
    expect((await runImport([...command, cookie], settingsIn(folder))).code).toBe(0)
    const unknown = await runImport([...command, 'A'.repeat(43)], settingsIn(folder))
    expect([unknown.code, unknown.problem]).toEqual([1, expect.stringContaining('knows no such cookie')])
    await using server = await startServer({ folder })
    const again = server.client()
    again.cookie = client.cookie
    expect((await again.get('/api/chat/conversations')).body.conversations).toHaveLength(2)
  })

  test('settings of an app for itself do not matter, and an option names the database', async () => {
    await using folder = await temporaryFolder()
    const options = [
      '--owner',
      'ana',
      '--database',
      join(folder.path, 'other.db'),
      '--assistant',
      'atendimento',
    ]
    const settings = {
      DATABASE_URL: 'postgres://localhost/app',
      OPENAI_API_KEY: 'sk-test',
      ASSISTANTS_DIR: 'none',
    }
    const { code } = await runImport(['claude', file('claude'), ...options], settings)
    expect(code).toBe(0)
    const riacho = createRiacho({ database: `file:${join(folder.path, 'other.db')}` })
    const { conversations } = await riacho.conversations.list({ owner: 'ana' })
    expect(conversations.map(({ assistant }) => assistant)).toEqual(['atendimento', 'atendimento'])
    await riacho.close()
  })

  test('without an owner it says how to name one', async () => {
    await using folder = await temporaryFolder()
    const { code, problem } = await runImport(['claude', file('claude')], settingsIn(folder))
    expect([code, problem]).toEqual([1, expect.stringContaining('--visitor')])
  })

  test('a dry run shows samples and losses, and opens no database', async () => {
    await using folder = await temporaryFolder()
    const { code, report } = await runImport(
      ['open-webui', file('open-webui'), '--dry-run'],
      settingsIn(folder),
    )
    expect(code).toBe(0)
    expect(report).toContain('Found 1 conversation with 4 messages.')
    expect(report).toContain('2024-03-09  Rede (4 messages, 2 branches)')
    // The list of an Open WebUI chat has the open branch again.
    expect(report).toContain('1 × the bytes of a file or picture')
    expect(await readdir(folder.path)).toEqual([])
  })

  test('what does not fit in the quota is refused, and the rest is imported', async () => {
    await using folder = await temporaryFolder()
    const big = { ...BIG, chat_messages: [{ ...BIG.chat_messages[0], text: 'x'.repeat(1_100_000) }] }
    const path = join(folder.path, 'big.json')
    await writeFile(path, JSON.stringify([big, { ...BIG, uuid: 'small' }]))
    const settings = { ...settingsIn(folder), OWNER_QUOTA_MB: '1' }
    const { code, report } = await runImport(['claude', path, '--owner', 'ana'], settings)
    expect([code, report]).toEqual([1, expect.stringContaining('Imported 1 conversation with 1 message.')])
    expect(report).toContain('raise OWNER_QUOTA_MB')
    const again = await runImport(['claude', path, '--owner', 'ana'], settings)
    expect(again.report).toContain('1 conversation had been imported before and did not change.')
    expect(again.report).toMatch(/1 × a conversation for which its owner has no room.*first in: Grande/)
  })

  test('what is lost is told with its own conversation, and a repeat with the rest', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'chats.json')
    const picture = {
      ...BIG.chat_messages[0],
      attachments: [{ file_name: 'foto.png', extracted_content: '' }],
    }
    const chats = [
      { ...BIG, uuid: 'one', name: 'Primeira' },
      { ...BIG, uuid: 'two', name: 'Segunda', chat_messages: [picture] },
      { ...BIG, uuid: 'one', name: 'Primeira de novo' },
    ]
    await writeFile(path, JSON.stringify(chats))
    for (const args of [['--dry-run'], ['--owner', 'ana']]) {
      const { report } = await runImport(['claude', path, ...args], settingsIn(folder))
      expect(report).toMatch(/1 × the bytes of a file.*first in: Segunda/)
      expect(report).toMatch(/1 × a second conversation with the same id.*first in: Primeira de novo/)
      expect(report).not.toContain('had been imported before')
    }
  })

  test('the address of a database is not printed', async () => {
    const address = 'postgres://me:s3cret@h/db'
    for (const args of [
      ['chatgpt', address],
      ['prisma', 'file:x', address],
    ]) {
      const { code, problem } = await runImport(args)
      expect(code).toBe(2)
      expect(problem).not.toContain('s3cret')
    }
  })

  test('wrong arguments are told with the usage', async () => {
    for (const args of [
      [],
      ['gemini', 'x'],
      ['chatgpt'],
      ['chatgpt', 'x', '--owner', 'a', '--visitor', 'b'],
    ]) {
      const { code, problem } = await runImport(args)
      expect([code, problem]).toEqual([2, expect.stringContaining('riacho import chatgpt')])
    }
  })
})
