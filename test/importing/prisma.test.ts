import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createConnection } from 'mysql2/promise'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRiacho } from '../../src/riacho.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import {
  type DatabaseServer,
  hasMariadb,
  hasPostgres,
  startMariadb,
  startPostgres,
} from './databaseServers.ts'
import { PATIENT, runImport } from './importProcess.ts'

/** The tables of the plan, as Prisma makes them for each database. `q` is the mark around names. */
function tables(q: string, { time, text }: { time: string; text: string }): string[] {
  return [
    `create table ${q}Conversation${q} (id varchar(64) primary key, ${q}userId${q} varchar(64), title varchar(200), status varchar(20) not null, ${q}threadId${q} varchar(64), ${q}createdAt${q} ${time} not null, ${q}updatedAt${q} ${time} not null)`,
    `create table ${q}Message${q} (id varchar(64) primary key, ${q}conversationId${q} varchar(64) not null, role varchar(20) not null, content ${text} not null, ${q}createdAt${q} ${time} not null)`,
  ]
}

const API_CONTENT = JSON.stringify([
  {
    type: 'text',
    text: {
      value: 'Veja a nota 【4:0†source】.',
      annotations: [{ type: 'file_citation', text: '【4:0†source】' }],
    },
  },
  { type: 'image_file', image_file: { file_id: 'file-1' } },
])

/** Rows, with times as Prisma stores them: in UTC, without a zone. */
const CONVERSATIONS = [
  ['c2', 'bia', 'Troca', 'CLOSED', null, '2025-02-01 10:00:00.000', '2025-02-01 10:00:02.000'],
  ['c1', 'ana', 'Nota fiscal', 'OPEN', 'thread_abc', '2025-01-01 10:00:00.000', '2025-01-01 10:00:03.000'],
  ['c3', null, 'De ninguém', 'WAITING', null, '2025-03-01 10:00:00.000', '2025-03-01 10:00:00.000'],
  ['c4', 'ana', 'Vazia', 'OPEN', null, '2025-03-01 10:00:00.000', '2025-03-01 10:00:00.000'],
]
const MESSAGES = [
  ['m3', 'c1', 'ASSISTANT', '', '2025-01-01 10:00:03.000'],
  ['m2', 'c1', 'ASSISTANT', API_CONTENT, '2025-01-01 10:00:02.000'],
  ['m1', 'c1', 'USER', "Cadê a 'nota'? 【4:0†source】", '2025-01-01 10:00:01.000'],
  ['n1', 'c2', 'user', 'Quero trocar.', '2025-02-01 10:00:01.000'],
  ['n2', 'c2', 'system', 'Seja breve.', '2025-02-01 10:00:01.000'],
  ['n3', 'c2', 'assistant', 'Pode trocar.', '2025-02-01 10:00:02.000'],
  ['o1', 'c3', 'USER', 'Oi', '2025-03-01 10:00:00.000'],
]

function inserts(q: string): string[] {
  const literal = (value: string | null) => (value === null ? 'null' : `'${value.replaceAll("'", "''")}'`)
  const insert = (table: string) => (row: readonly (string | null)[]) =>
    `insert into ${q}${table}${q} values (${row.map(literal).join(', ')})`
  return [...CONVERSATIONS.map(insert('Conversation')), ...MESSAGES.map(insert('Message'))]
}

/** Imports, and tells what each person then has. */
async function importFrom(address: string, folder: TestFolder, ...args: string[]) {
  const database = `file:${join(folder.path, 'riacho.db')}`
  const run = await runImport(['prisma', address, ...args], {
    DATABASE_URL: database,
    // Times without a zone must not be read as those of this machine.
    TZ: 'America/Sao_Paulo',
  })
  const riacho = createRiacho({ database })
  const of = async (owner: string) => {
    const { conversations } = await riacho.conversations.list({ owner })
    return Promise.all(conversations.map(({ id }) => riacho.conversations.read({ owner, id })))
  }
  const [ana, bia] = [await of('ana'), await of('bia')]
  await riacho.close()
  return { ...run, ana, bia, file: database.slice('file:'.length) }
}

async function checkImport(address: string, ...args: string[]): Promise<void> {
  await using folder = await temporaryFolder()
  const { code, report, problem, ana, bia, file } = await importFrom(address, folder, ...args)
  expect([code, problem.split('\n').filter(line => !/^(Reading|Importing)|^$/.test(line))]).toEqual([0, []])
  expect(report).toContain('Imported 2 conversations with 4 messages.')
  expect(report).toContain('1 conversation had no message to keep.')
  expect(report).toContain('1 × a conversation that names no person')
  expect(report).toContain('1 × a message of the role system')
  expect(report).toContain('2 × marks of citations')
  expect(ana.map(({ conversation }) => conversation)).toMatchObject([
    { title: 'Nota fiscal', status: 'OPEN', createdAt: Date.UTC(2025, 0, 1, 10) },
  ])
  expect(ana[0]?.messages.map(({ role, parts, createdAt }) => [role, parts, createdAt])).toEqual([
    ['USER', [{ id: '1', type: 'text', text: "Cadê a 'nota'?" }], Date.UTC(2025, 0, 1, 10, 0, 1)],
    [
      'ASSISTANT',
      [{ id: '1', type: 'text', text: 'Veja a nota.\n\n[file-1]' }],
      Date.UTC(2025, 0, 1, 10, 0, 2),
    ],
  ])
  expect(bia.map(({ conversation }) => conversation)).toMatchObject([{ title: 'Troca', status: 'CLOSED' }])
  const sqlite = new DatabaseSync(file, { readOnly: true })
  const rows = sqlite.prepare('select source_id, thread_id from imports order by source_id').all()
  sqlite.close()
  expect(rows).toEqual([
    { source_id: 'c1', thread_id: 'thread_abc' },
    { source_id: 'c2', thread_id: null },
  ])
  const again = await importFrom(address, folder, ...args)
  expect(again.report).toContain('Imported 0 conversations')
  expect([again.ana.length, again.bia.length]).toEqual([1, 1])
}

describe('SQLite', PATIENT, () => {
  test('the tables of the plan are imported, each conversation for its person', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'dev.db')
    const database = new DatabaseSync(path)
    for (const query of [...tables('"', { time: 'datetime', text: 'text' }), ...inserts('"')])
      database.exec(query)
    // Prisma stores milliseconds there.
    for (const [table, columns] of [
      ['Conversation', ['createdAt', 'updatedAt']],
      ['Message', ['createdAt']],
    ] as const)
      for (const column of columns)
        database.exec(
          `update "${table}" set "${column}" = cast(unixepoch("${column}", 'subsec') * 1000 as integer)`,
        )
    database.close()
    await checkImport(`file:${path}`)
  })

  test('other names are given by option, and one owner can get everything', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'dev.db')
    const database = new DatabaseSync(path)
    database.exec(`
      create table chat (id integer primary key, openaiThreadId text);
      create table chat_line (n integer primary key, chatId integer, isUser integer, body text);
      insert into chat values (7, 'thread_7');
      insert into chat_line values (1, 7, 1, 'Oi'), (2, 7, 0, 'Olá!');`)
    database.close()
    const names = [
      ['conversations', 'chat'],
      ['conversations.threadId', 'openaiThreadId'],
      ['messages', 'chat_line'],
      ['messages.id', 'n'],
      ['messages.conversationId', 'chatId'],
      ['messages.role', 'isUser'],
      ['messages.content', 'body'],
    ].flatMap(([ours, yours]) => ['--name', `${ours}=${yours}`])
    const all = await importFrom(`file:${path}`, folder, ...names, '--owner', 'ana')
    expect(all.report).toContain('Imported 1 conversation with 2 messages.')
    expect(all.ana[0]?.messages.map(({ role }) => role)).toEqual(['USER', 'ASSISTANT'])
    expect(all.ana[0]?.conversation.title).toBe('Oi')
  })

  /** Makes a database of one conversation for each owner, with these ids. */
  function simpleDatabase(path: string, ids: readonly string[], table = 'Conversation'): void {
    const database = new DatabaseSync(path)
    database.exec(`
      create table "${table}" (id integer primary key, "userId" text, title text);
      create table "Message" ("conversationId" integer, role text, content text);`)
    for (const [index, id] of ids.entries()) {
      database.exec(`insert into "${table}" values (${id}, ${index === 0 ? "'ana'" : 'null'}, 'de ${path}')`)
      database.exec(`insert into "Message" values (${id}, 'user', 'Oi ${id}'), (${id}, 'constructor', 'Oi')`)
    }
    database.close()
  }

  test('a second database with the same ids is another source, and its name can be given', async () => {
    await using folder = await temporaryFolder()
    const [one, two] = [join(folder.path, 'one.db'), join(folder.path, 'two.db')]
    for (const path of [one, two]) simpleDatabase(path, ['1', '2'])
    const first = await importFrom(`file:${one}`, folder)
    expect(first.report).toContain('1 × a conversation that names no person: import again with --owner')
    expect(first.ana.map(({ messages }) => messages.length)).toEqual([1])
    const rest = await importFrom(`file:${one}`, folder, '--owner', 'bia')
    expect(rest.report).toContain('1 conversation had been imported before and did not change.')
    expect([rest.ana.length, rest.bia.length]).toEqual([1, 1])
    expect((await importFrom(`file:${two}`, folder)).ana).toHaveLength(2)
    const named = await importFrom(`file:${one}`, folder, '--source', 'shop')
    expect(named.ana).toHaveLength(3)
    expect((await importFrom(`file:${two}`, folder, '--source', 'shop')).ana).toHaveLength(3)
    const all = await importFrom(`file:${one}`, folder, '--owner', 'bia', '--ignore-people')
    expect(all.bia.map(({ messages }) => messages.map(({ parts }) => parts[0]))).toMatchObject([
      [{ text: 'Oi 1' }],
      [{ text: 'Oi 2' }],
    ])
  })

  test('ids that are large or bytes, a role of any name and a table with a dot are read', async () => {
    await using folder = await temporaryFolder()
    const large = join(folder.path, 'large.db')
    simpleDatabase(large, ['7199254740993001', '7199254740993002'], 'my.chats')
    const given = ['--name', 'conversations="my.chats"', '--owner', 'bia']
    const { report, ana, bia } = await importFrom(`file:${large}`, folder, ...given)
    expect(report).toContain('2 × a message of the role constructor')
    expect([ana.length, bia.length]).toEqual([1, 1])
    const bytes = join(folder.path, 'bytes.db')
    const database = new DatabaseSync(bytes)
    database.exec(`
      create table "Conversation" (id blob primary key, "userId" text);
      create table "Message" ("conversationId" blob, role text, content blob);
      insert into "Conversation" values (x'01ff', 'ana'), (x'02ff', 'ana');
      insert into "Message" values (x'01ff', 'user', x'c3a9'), (x'02ff', 'user', 'dois');`)
    database.close()
    const both = await importFrom(`file:${bytes}`, folder)
    expect(both.report).toContain('Imported 2 conversations with 2 messages.')
    expect(both.ana.flatMap(({ messages }) => messages.map(({ parts }) => parts[0]))).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ text: 'é' })]),
    )
  })

  test('a missing table or column, a wrong name and a wrong address are told in one sentence', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'dev.db')
    const database = new DatabaseSync(path)
    database.exec(
      'create table "Conversation" (id text); create table "Message" (id text, role text, body text)',
    )
    database.close()
    const problemOf = async (...args: string[]) => {
      const { code, problem } = await runImport(['prisma', ...args, '--dry-run'])
      expect(code).toBe(1)
      expect(problem.trim().split('\n')).toHaveLength(1)
      return problem
    }
    expect(await problemOf(`file:${path}`)).toContain('has no column conversationId')
    expect(await problemOf(`file:${path}`, '--name', 'messages=Nope')).toContain(
      'The table Nope cannot be read',
    )
    expect(await problemOf(`file:${path}`, '--name', 'message=Nope')).toContain(
      'expected one of conversations,',
    )
    expect(await problemOf(`file:${path}.no`)).toContain('There is no database')
    expect(await problemOf('sqlserver://x')).toContain('begins with postgres:, mysql: or file:')
    for (const wrong of ['postgres://me:p#x@h/d', 'mysql://me:p%x@127.0.0.1:1/d', `file:${folder.path}`]) {
      const problem = await problemOf(wrong)
      expect(problem).toContain('The database cannot be opened')
      expect(problem).not.toContain(':p')
    }
    expect(await problemOf('postgres://nobody@127.0.0.1:1/x')).toContain('The database cannot be opened')
  })
})

describe.skipIf(!hasPostgres)('PostgreSQL', PATIENT, () => {
  let server: DatabaseServer

  beforeAll(async () => {
    server = await startPostgres()
    const client = new pg.Client({ host: server.folder, user: 'riacho', database: 'postgres' })
    await client.connect()
    await client.query('create schema app; set search_path to app')
    for (const query of [...tables('"', { time: 'timestamp(3)', text: 'text' }), ...inserts('"')])
      await client.query(query)
    await client.query("create schema json; set search_path to json; set time zone 'UTC'")
    for (const query of [...tables('"', { time: 'timestamptz', text: 'text' }), ...inserts('"')])
      await client.query(query)
    const asJson = `case when content like '[{%' then content::jsonb else to_jsonb(content) end`
    await client.query(`alter table "Message" alter content type jsonb using ${asJson}`)
    await client.end()
  })

  afterAll(() => server[Symbol.asyncDispose]())

  const address = (schema: string) =>
    `postgres://riacho@localhost/postgres?host=${server.folder}&schema=${schema}`

  test('the tables of the plan are imported, each conversation for its person', async () => {
    await checkImport(address('app'))
  })

  test('so are contents that are JSON, and times with a zone', async () => {
    await checkImport(address('json'))
  })
})

describe.skipIf(!hasMariadb)('MySQL', PATIENT, () => {
  let server: DatabaseServer

  beforeAll(async () => {
    server = await startMariadb()
    const connection = await createConnection({
      socketPath: server.socket,
      user: 'root',
      multipleStatements: true,
    })
    await connection.query(
      "create database app character set utf8mb4; create user riacho identified by 'p@ss'; grant all on app.* to riacho",
    )
    await connection.query('use app')
    for (const query of [...tables('`', { time: 'datetime(3)', text: 'longtext' }), ...inserts('`')])
      await connection.query(query)
    await connection.end()
  })

  afterAll(() => server[Symbol.asyncDispose]())

  test('the tables of the plan are imported, each conversation for its person', async () => {
    await checkImport(`mysql://riacho:p%40ss@localhost/app?socket=${server.socket}`)
  })
})
