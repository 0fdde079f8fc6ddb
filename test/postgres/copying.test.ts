import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPostgres } from '../../src/server/database/postgres/open.ts'
import { TestClient } from '../harness/client.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import { ask, type PostgresServer, startPostgres } from '../harness/postgres.ts'
import { startProcess, startServer, type TestServer } from '../harness/server.ts'
import { uploadFile } from '../harness/upload.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'
import { runCopy, startCopy } from './copyProcess.ts'

const ROOT = '/api/chat/conversations'
const PATIENT = { timeout: 120_000 }

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

function urlIn(folder: TestFolder, name = 'source.db'): string {
  return `file:${join(folder.path, name)}`
}

function edit(url: string, ...statements: readonly string[]): void {
  const database = new DatabaseSync(url.slice('file:'.length))
  for (const statement of statements) database.exec(statement)
  database.close()
}

function sameAt({ url }: Pick<TestServer, 'url'>, { cookie }: TestClient): TestClient {
  const client = new TestClient(url)
  client.cookie = cookie
  return client
}

/** Two people, whose runs end in every way. Gives them, and the address of a share. */
async function fill(server: TestServer, upstream: Upstream) {
  const [ana, rui] = [server.client(), server.client()]
  upstream.reply({ tokens: ['Pão ', 'de ', 'queijo \u{1F9C0}', ' \\ "e" \u2028 fim'] })
  const send = async (client: TestClient, body: Record<string, unknown>) => {
    await using stream = await client.send(body)
    await stream.end()
    return stream.start
  }
  const first = await send(ana, { content: 'Receita de pão?' })
  await send(ana, { conversationId: first.conversationId, parentId: null, content: 'Ou de bolo?' })
  await send(ana, { conversationId: first.conversationId, content: 'E depois\n\t?' })
  upstream.replyOnce({ status: 401, body: { error: { message: 'no', code: 'invalid_api_key' } } })
  await send(rui, { content: 'Falha?' })
  const gate = upstream.hold({ tokens: ['Um', ' rio', ' corre'] })
  await using stopped = await rui.send({ content: 'Um rio?' })
  await gate.next(2)
  await stopped.untilText('Um rio')
  await rui.post(`/api/chat/runs/${stopped.start.runId}/stop`)
  gate.open()
  await ana.call('PUT', `/api/chat/messages/${first.messageId}/feedback`, { body: { rating: 'up' } })
  await rui.post(`${ROOT}`, { title: 'Vazia' })
  const archived = await send(rui, { content: 'Guardada' })
  await rui.call('PATCH', `${ROOT}/${archived.conversationId}`, { body: { archived: true } })
  const pinned = await send(rui, { content: 'Presa' })
  await rui.call('PATCH', `${ROOT}/${pinned.conversationId}`, { body: { pinned: true } })
  await ana.call('PUT', '/api/chat/retention', { body: { days: 90 } })
  const { share } = (await ana.post(`${ROOT}/${first.conversationId}/shares`)).body
  const bytes = Buffer.from('pão de queijo')
  const { fileId } = await uploadFile(ana, { name: 'receita.txt', bytes })
  await send(ana, { content: 'Leia', attachments: [{ fileId }] })
  await uploadFile(rui, { name: 'sem-mensagem.txt', bytes })
  const deleted = await send(ana, { content: 'Apagada' })
  await ana.call('DELETE', `${ROOT}/${deleted.conversationId}`)
  const gone = server.client()
  await send(gone, { content: 'Some' })
  await gone.call('DELETE', '/api/chat/owner')
  return { clients: [ana, rui, gone], share, deletedId: deleted.conversationId }
}

/** What each read of an owner answers. */
async function readAll(client: TestClient, runIds: readonly string[]): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {}
  const get = async (path: string) => {
    const answer = await client.get(path, { 'accept-language': 'en' })
    const { requestId: _, ...body } = answer.body ?? { text: answer.text }
    answers[path] = [answer.status, body]
    return answer
  }
  for (const query of ['', '?archived=true', '?limit=1', '?search=pao']) {
    const { body } = await get(`${ROOT}${query}`)
    for (const { id } of body?.conversations ?? []) {
      const { body: read } = await get(`${ROOT}/${id}`)
      for (const part of read.messages.flatMap(({ parts }) => parts))
        if (part.type === 'document') await get(`/api/chat/files/${part.fileId}`)
      for (const rest of ['', '/shares', '/export?format=json', '/export?format=markdown'])
        await get(`${ROOT}/${id}${rest}`)
    }
  }
  for (const query of ['pao', 'queijo', 'rio', 'de+pa', 'falha', 'nada'])
    await get(`/api/chat/search?query=${query}`)
  await get('/api/chat/shares')
  await get('/api/chat/limits')
  await get('/api/chat/retention')
  const { text } = await client.get('/api/chat/export')
  answers['export'] = text.replace(/"exportedAt":[^,}]*/, '')
  for (const runId of runIds) await get(`/api/chat/runs/${runId}/events`)
  return answers
}

test(
  'a copy answers every read of every owner as the file did, and goes on from there',
  PATIENT,
  async () => {
    await using folder = await temporaryFolder()
    await using upstream = await createUpstream()
    const url = urlIn(folder)
    const target = await postgres.createDatabase()
    const limits = { LIMIT_MESSAGES_PER_DAY: '1000', BUDGET_TOKENS_PER_PERSON_PER_MONTH: '1000000' }
    const FILES_DIR = join(folder.path, 'files')
    const settings = { DATABASE_URL: url, TITLES: 'words', FILES_DIR, ...limits }
    const source = await startServer({ upstream, settings })
    const { clients, share, deletedId } = await fill(source, upstream)
    const runIds = source.rows('select id from runs order by id').map(({ id }) => String(id))
    const before = await Promise.all(clients.map(client => readAll(client, runIds)))
    const shared = (await source.client().get(`/api/chat/shared/${share.id}`)).body
    const statuses = source.rows('select distinct status from runs order by status')
    expect(statuses.map(({ status }) => status)).toEqual(['completed', 'failed', 'stopped'])
    const stored = source.rows('select owner_id, bytes from owner_storage order by owner_id')
    await source[Symbol.asyncDispose]()

    const copy = await runCopy(url, target)
    expect(copy.report).toContain('Both sides were read anew, and have the same rows.')
    expect(copy.report).toMatch(/^messages +\d+ +\d+ {2}same$/m)
    expect(copy.code).toBe(0)
    const again = await runCopy(url, target)
    expect([again.code, again.report]).toEqual([
      0,
      'This file was copied into this database before. Nothing was done.\n',
    ])

    await using server = await startServer({ upstream, settings: { ...settings, DATABASE_URL: target } })
    const copied = clients.map(client => sameAt(server, client))
    expect(await Promise.all(copied.map(client => readAll(client, runIds)))).toEqual(before)
    expect((await server.client().get(`/api/chat/shared/${share.id}`)).body).toEqual(shared)
    expect(server.rows('select owner_id, bytes from owner_storage order by owner_id')).toEqual(stored)
    const [ana] = copied
    expect((await ana?.post(`${ROOT}/${deletedId}/restore`))?.status).toBe(200)
    await using stream = (await ana?.send({ content: 'Mais um' })) ?? expect.unreachable()
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    const { body } = (await ana?.get(ROOT)) ?? expect.unreachable()
    expect(body.conversations[0]?.id).toBe(stream.start.conversationId)
  },
)

test('a run that a killed process left is ended by the first server on the copy', PATIENT, async () => {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const settings = { DATABASE_URL: urlIn(folder), TITLES: 'words' }
  const target = await postgres.createDatabase()
  await using mortal = await startProcess({ upstream, folder, settings })
  const client = mortal.client()
  const gate = upstream.hold({ tokens: ['Um', ' rio', ' corre'] })
  await using stream = await client.send({ content: 'Oi' })
  await gate.next(2)
  await stream.untilText('Um rio')
  await mortal.kill('SIGKILL')
  gate.open()
  expect(await runCopy(settings.DATABASE_URL, target)).toMatchObject({ code: 0 })
  await using server = await startServer({ upstream, settings: { ...settings, DATABASE_URL: target } })
  const reader = sameAt(server, client)
  await using follower = await reader.follow(stream.start.runId, 0)
  expect(await follower.end()).toMatchObject({ status: 'interrupted' })
  expect(follower.text).toBe('Um rio')
})

const CONVERSATIONS = 3
const MESSAGES = 4000

/** Many rows, so that a kill comes in the middle. */
async function fillLarge(url: string): Promise<TestClient> {
  await using server = await startServer({ settings: { DATABASE_URL: url } })
  const client = server.client()
  await client.get(ROOT)
  const [session] = server.rows('select owner_id as owner from sessions')
  const owner = session?.['owner']
  edit(
    url,
    `with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${CONVERSATIONS})
      insert into conversations (id, owner_id, title, status, archived, assistant, created_at, updated_at, position)
      select 'c' || n, '${owner}', 'Conversa ' || n, 'ACTIVE', 0, 'riacho', n, n, n from numbers`,
    `with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${MESSAGES})
      insert into messages (id, conversation_id, owner_id, parent_id, role, parts, created_at)
      select c.id || '-' || n, c.id, '${owner}', case when n > 1 then c.id || '-' || (n - 1) end, 'USER',
        json_array(json_object('id', '1', 'type', 'text', 'text', 'Mensagem ' || n)), n from conversations c, numbers`,
  )
  return client
}

test('a copy that was killed in the middle goes on, and comes to the same', PATIENT, async () => {
  await using folder = await temporaryFolder()
  const url = urlIn(folder)
  await fillLarge(url)
  const target = await postgres.createDatabase()
  const child = startCopy(url, target)
  let told = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text
    if (/Copying: +[3-7]0 %/.test(told)) child.kill('SIGKILL')
  })
  await once(child, 'close')
  expect(child.signalCode).toBe('SIGKILL')
  const [some] = await ask(target, 'select count(*)::int as n from messages')
  expect(some?.['n']).toBeGreaterThan(0)
  expect(some?.['n']).toBeLessThan(CONVERSATIONS * MESSAGES)

  const started = await startServer({ settings: { DATABASE_URL: target } }).catch((error: Error) => error)
  expect(started).toMatchObject({ message: expect.stringContaining('has not finished') })

  const again = await runCopy(url, target)
  // It began where the first one was.
  expect(again.problem).not.toMatch(/Copying: +[12]0 %/)
  expect(again).toMatchObject({ code: 0, report: expect.stringContaining('have the same rows') })
  const [all] = await ask(target, 'select count(*)::int as n, count(distinct id)::int as ids from messages')
  expect(all).toEqual({ n: CONVERSATIONS * MESSAGES, ids: CONVERSATIONS * MESSAGES })
  expect(await ask(target, 'select count(*)::int as n from message_index')).toEqual([
    { n: CONVERSATIONS * MESSAGES },
  ])
  const indexes = async (url: string) =>
    (await ask(url, `select indexdef from pg_indexes where schemaname = 'public' order by indexdef`)).map(
      ({ indexdef }) => indexdef,
    )
  const empty = await postgres.createDatabase()
  await (await openPostgres(empty)).close()
  expect(await indexes(target)).toEqual(await indexes(empty))
})

test(
  'rows that changed after they were copied are found, and no server starts on the copy',
  PATIENT,
  async () => {
    await using folder = await temporaryFolder()
    const url = urlIn(folder)
    await fillLarge(url)
    const target = await postgres.createDatabase()
    const child = startCopy(url, target)
    let told = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text
      if (/Copying: +[3-7]0 %/.test(told)) child.kill('SIGKILL')
    })
    await once(child, 'close')
    edit(url, `update conversations set title = 'Outra' where id = 'c1'`)
    const again = await runCopy(url, target)
    expect(again.report).toMatch(/^conversations +3 +3 {2}DIFFERS$/m)
    expect(again.report).toContain('Drop the database in PostgreSQL, create it anew, and copy again.')
    expect(again.code).toBe(1)
    const started = await startServer({ settings: { DATABASE_URL: target } }).catch((error: Error) => error)
    expect(started).toMatchObject({ message: expect.stringContaining('has not finished') })
  },
)

async function smallSource(folder: TestFolder, name?: string): Promise<string> {
  const url = urlIn(folder, name)
  await using server = await startServer({ settings: { DATABASE_URL: url } })
  await server.client().post(ROOT, { title: 'Um rio' })
  return url
}

test(
  'a target with anything in it, a copy of another file, and one that a server uses are refused',
  PATIENT,
  async () => {
    await using folder = await temporaryFolder()
    const url = await smallSource(folder)
    const used = await postgres.createDatabase()
    {
      await using server = await startServer({ settings: { DATABASE_URL: used } })
      await server.client().post(ROOT, {})
      const inUse = await runCopy(url, used)
      expect(inUse.problem).toContain('A server uses the target: stop it, or name an empty database.')
      expect(inUse.code).toBe(1)
    }
    const full = await runCopy(url, used)
    expect([full.code, full.problem]).toEqual([
      1,
      'The target is not empty (settings): name an empty database.\n',
    ])
    const copied = await postgres.createDatabase()
    expect((await runCopy(await smallSource(folder, 'other.db'), copied)).code).toBe(0)
    const foreign = await runCopy(url, copied)
    expect([foreign.code, foreign.problem]).toEqual([
      1,
      'The target has a copy of another file: name an empty database.\n',
    ])
  },
)

test('a source that a server uses, that is not there, or that is no file is refused', PATIENT, async () => {
  await using folder = await temporaryFolder()
  const target = await postgres.createDatabase()
  const url = urlIn(folder)
  await using _server = await startServer({ settings: { DATABASE_URL: url } })
  const used = await runCopy(url, target)
  expect([used.code, used.problem]).toEqual([
    1,
    expect.stringMatching(/^Another process is using the database /),
  ])
  const missing = await runCopy(urlIn(folder, 'missing.db'), target)
  expect([missing.code, missing.problem]).toEqual([
    1,
    expect.stringMatching(/^There is no database .*missing\.db\./),
  ])
  expect((await runCopy(target, url)).code).toBe(2)
  expect((await runCopy(url)).code).toBe(2)
})

test('what PostgreSQL does not take is counted, and keeps nothing else away', PATIENT, async () => {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const url = urlIn(folder)
  const source = await startServer({ upstream, settings: { DATABASE_URL: url, TITLES: 'words' } })
  const client = source.client()
  const { conversation } = (await client.post(ROOT, { title: 'Um\0rio' })).body
  await client.post(ROOT, { title: 'Outra' })
  const starts = []
  for (const content of ['Sim', 'Nunca']) {
    await using stream = await client.send({ content })
    await stream.end()
    starts.push(stream.start)
  }
  await source[Symbol.asyncDispose]()
  edit(
    url,
    `update conversations set title = cast(x'61EDA08062' as text) where title = 'Outra'`,
    `update runs set resumes = 5000000000 where id = '${starts[1]?.runId}'`,
  )
  const target = await postgres.createDatabase()
  const { code, report } = await runCopy(url, target)
  expect(code).toBe(1)
  expect(report).toContain('2 texts had a NUL, which PostgreSQL does not take. U+FFFD is in its place.')
  expect(report).toContain('1 texts were no UTF-8. U+FFFD is in place of what was broken.')
  expect(report).toContain(`  runs ${starts[1]?.runId}: value "5000000000" is out of range for type integer`)
  expect(report).toMatch(/^runs +2 +1 {2}1 not taken$/m)
  expect(report).toContain('and have the same rows')
  await using server = await startServer({ upstream, settings: { DATABASE_URL: target, TITLES: 'words' } })
  const reader = sameAt(server, client)
  const { body } = await reader.get(ROOT)
  expect(body.conversations.map(({ title }: { title: string }) => title)).toEqual([
    'Nunca',
    'Sim',
    'a\uFFFD\uFFFD\uFFFDb',
    'Um\uFFFDrio',
  ])
  expect((await reader.get(`${ROOT}/${conversation.id}`)).status).toBe(200)
  await using replay = await reader.follow(starts[0]?.runId ?? '', 0)
  expect(await replay.end()).toMatchObject({ status: 'completed' })
})
