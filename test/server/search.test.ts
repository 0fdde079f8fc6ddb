import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startServer } from '../harness/server.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { createUpstream } from '../upstream/upstream.ts'

async function said(client: TestClient, content: string, conversationId?: string) {
  await using stream = await client.send({ content, ...(conversationId && { conversationId }) })
  await stream.end()
  return stream.start
}

const search = (client: TestClient, query: string, more = '') =>
  client.get(`/api/chat/search?query=${encodeURIComponent(query.toWellFormed())}${more}`)

/** The messages that were found, one on each line, with the hits in brackets. */
async function found(client: TestClient, query: string): Promise<string[]> {
  const { body } = await search(client, query)
  return body.hits.map(({ excerpt }) =>
    excerpt.map(({ text, isMatch }) => (isMatch ? `[${text}]` : text)).join(''),
  )
}

test('a message is found by all of its words, whatever their accents and case, and the beginning of the last', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: ['A nascente', ' não seca'] })
  await using server = await startServer({ upstream })
  const client = server.client()
  const { conversationId, messageId } = await said(client, 'Onde fica a ÁGUA?')
  expect(await found(client, 'nao')).toEqual(['A nascente [não] seca'])
  expect(await found(client, 'NASCENTE sec')).toEqual(['A [nascente] não [seca]'])
  expect(await found(client, 'agu')).toEqual(['Onde fica a [ÁGUA]?'])
  expect(await found(client, 'nasc nao')).toEqual([])
  expect(await found(client, 'água nascente')).toEqual([])
  expect((await search(client, 'nascente')).body.hits).toMatchObject([
    { conversationId, messageId, title: 'Onde fica a ÁGUA?', archived: false, role: 'ASSISTANT' },
  ])
})

test('a conversation is found by its title, an archived one too, with the first page only', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  const { conversationId, messageId } = await said(client, 'pedra')
  await client.call('PATCH', `/api/chat/conversations/${conversationId}`, {
    body: { title: 'Viagem à Amazônia', archived: true },
  })
  await said(client, 'pedra', conversationId)
  await said(server.client(), 'amazonia')
  const titled = async (query: string, more = '') =>
    (await search(client, query, more)).body.conversations.map(({ title }) => title)
  expect(await titled('amazonia viag')).toEqual(['Viagem à Amazônia'])
  expect(await titled('amazonia pedra')).toEqual([])
  const first = await search(client, 'pedra', '&limit=1')
  await client.call('PATCH', `/api/chat/conversations/${conversationId}`, { body: { title: 'Pedra' } })
  expect(await titled('pedra')).toEqual(['Pedra'])
  expect(await titled('pedra', `&cursor=${first.body.nextCursor}`)).toEqual([])
  expect(await titled('amazonia')).toEqual([])
  const fork = await client.post(`/api/chat/conversations/${conversationId}/fork`, { messageId })
  expect([fork.status, await titled('PEDR')]).toEqual([201, ['Pedra', 'Pedra']])
  for (const id of [conversationId, fork.body.conversation.id])
    await client.call('DELETE', `/api/chat/conversations/${id}`)
  expect(await titled('pedra')).toEqual([])
})

test('a conversation is found by the title that the provider wrote', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: ['pois não'] })
  await using server = await startServer({ upstream })
  const client = server.client()
  const { conversationId } = await said(client, 'pedra')
  upstream.reply({ tokens: ['Viagem à Amazônia'] })
  await client.post(`/api/chat/conversations/${conversationId}/title`, {})
  const ids = async (query: string) =>
    (await search(client, query)).body.conversations.map(({ id }: { id: string }) => id)
  expect(await ids('amazo')).toEqual([conversationId])
  expect(await ids('pedra')).toEqual([])
})

test('hits come newest first and page by page, each once, from archived conversations too, and of nobody else', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: ['pois não'] })
  await using server = await startServer({ upstream })
  const client = server.client()
  const { conversationId } = await said(client, 'rio 0')
  await client.call('PATCH', `/api/chat/conversations/${conversationId}`, { body: { archived: true } })
  for (let number = 1; number < 7; number++) {
    await said(client, `rio ${number}`)
    await said(server.client(), `rio alheio ${number}`)
  }
  const listed: string[] = []
  let cursor: string | null = ''
  do {
    const { body } = await search(client, 'rio', `&limit=3${cursor && `&cursor=${cursor}`}`)
    listed.push(...body.hits.map(({ title, archived }) => `${title} ${archived}`))
    if (cursor === '') await said(client, 'rio novo')
    cursor = body.nextCursor
  } while (cursor)
  expect(listed).toEqual([6, 5, 4, 3, 2, 1, 0].map(number => `rio ${number} ${number === 0}`))
  expect((await search(server.client(), 'rio')).body).toEqual({
    conversations: [],
    hits: [],
    nextCursor: null,
  })
})

test('a search takes any text, and nothing in it is an operator', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: ['ok'] })
  await using server = await startServer({ upstream })
  const client = server.client()
  await said(client, 'mande um "e-mail" AND text:rio* ^fim \u0001[b]\u0002 NEAR(a b)')
  for (const query of ['"e-mail"', 'and TEXT:rio*', '^fim', 'near(a b)', 'e-mai', '\u0001[b]\u0002']) {
    expect((await search(client, query)).body.hits.length, query).toBe(1)
  }
  for (const query of ['mail-e', 'NOT rio', 'owner:rio', '🌊', '""', '*']) {
    expect((await search(client, query)).body.hits, query).toEqual([])
  }
  const query = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
    fc.stringMatching(/^["'*():^\-+{}a\0 ]{1,40}$/),
  )
  await fc.assert(
    fc.asyncProperty(query, async text => {
      const { status } = await search(client, text)
      const isBlank = text.trim() === ''
      expect(status).toBe(isBlank || text.trim().length > 200 ? 400 : 200)
    }),
    { numRuns: 100 },
  )
})

test.skipIf(onPostgres)(
  'reasoning is never found, and a deleted message only until it is erased',
  async () => {
    await using upstream = await createUpstream()
    await using server = await startServer({ upstream })
    const client = server.client()
    const { conversationId, messageId } = await said(client, 'Oi')
    const database = new DatabaseSync(server.databaseFile)
    const parts = JSON.stringify([
      { type: 'reasoning', text: 'segredo' },
      { type: 'refusal', text: 'recuso' },
      { type: 'file', name: 'nota.txt', text: 'conteúdo' },
      { type: 'source', url: 'https://fonte.example', title: 'Fonte' },
    ])
    database
      .prepare(
        `insert into messages (id, conversation_id, owner_id, role, parts, created_at)
        select 'other', conversation_id, owner_id, 'USER', ?, created_at from messages where id = ?`,
      )
      .run(parts, messageId)
    database.close()
    for (const [query, hits] of [
      ['segredo', 0],
      ['fonte', 0],
      ['recuso', 1],
      ['nota', 1],
      ['conteudo', 1],
    ] as const) {
      expect((await search(client, query)).body.hits.length, query).toBe(hits)
    }
    await client.call('DELETE', `/api/chat/conversations/${conversationId}`)
    expect((await search(client, 'oi')).body.hits).toEqual([])
  },
)

test.skipIf(onPostgres)('a reused row number finds only its new message', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  await said(client, 'antiga')
  await client.call('DELETE', '/api/chat/owner')
  const next = server.client()
  await said(next, 'nova')
  expect(server.rows('select min(number) n from messages')).toEqual([{ n: 1 }])
  expect((await search(next, 'antiga')).body.hits).toEqual([])
  expect(await found(next, 'nova')).toEqual(['[nova]'])
})

test.skipIf(onPostgres)('a search reads the index in its order, and rows of hits alone', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  await said(client, 'rio')
  const statements = await statementsOf(() => search(client, 'rio'))
  const [statement = ''] = statements.filter(sql => sql.includes('message_index') && sql.includes(' match '))
  const plan = server.rows(`explain query plan ${statement}`)
  const details = plan.map(({ detail }) => String(detail))
  expect(details[0]).toMatch(/^SCAN message_index VIRTUAL TABLE INDEX/)
  expect(details[1]).toMatch(/^SEARCH messages USING INTEGER PRIMARY KEY/)
  expect(details[2]).toMatch(/^SEARCH conversations USING INDEX/)
  expect(details.join()).not.toContain('TEMP B-TREE')
})

test.skipIf(onPostgres)('the words of a message are stored with it, or not at all', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream, folder })
  const client = server.client()
  await said(client, 'rio')
  const database = new DatabaseSync(`${folder.path}/riacho.db`)
  database.exec("begin; delete from messages where role = 'USER'; rollback")
  database.exec("insert into message_index (message_index) values ('integrity-check')")
  database.close()
  expect(await found(client, 'rio')).toEqual(['[rio]'])
})

/** The statements that are prepared during `work`. */
async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = []
  const { prepare } = DatabaseSync.prototype
  DatabaseSync.prototype.prepare = function (sql: string) {
    statements.push(sql)
    return prepare.call(this, sql)
  }
  try {
    await work()
  } finally {
    DatabaseSync.prototype.prepare = prepare
  }
  return statements
}
