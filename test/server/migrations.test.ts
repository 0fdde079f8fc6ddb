import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteDialect, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { expect, test } from 'vitest'
import { listConversations } from '../../src/server/database/conversations.ts'
import { textsOf } from '../../src/server/database/files/passages.ts'
import { listMatches } from '../../src/server/database/messageIndex.ts'
import { sqliteForKysely } from '../../src/server/database/sqlite/driver.ts'
import { rewriteDueSince } from '../../src/server/database/sqlite/file/rewriteMark.ts'
import { migrations } from '../../src/server/database/sqlite/migrations/index.ts'
import { openSqlite } from '../../src/server/database/sqlite/open.ts'
import { searchPassages } from '../../src/server/files/searching/searchPassages.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { silentLogger } from '../harness/log.ts'

test('a database of the first version keeps what it has, and its messages are found', async () => {
  await using folder = await temporaryFolder()
  const file = `${folder.path}/riacho.db`
  const sqlite = new DatabaseSync(file)
  const queries = new Kysely({ dialect: new SqliteDialect({ database: sqliteForKysely(sqlite) }) })
  const first = { '001-initial': migrations['001-initial'] ?? expect.fail() }
  await new Migrator({ db: queries, provider: { getMigrations: async () => first } }).migrateToLatest()
  const conversationId = randomUUID()
  sqlite.exec(`
    insert into conversations values ('${conversationId}', 'o', 'Água', 'OPEN', 0, 'riacho', 'm2', 1, 2);
    insert into conversations values ('${randomUUID()}', 'o', 'Rio', 'OPEN', 0, 'riacho', null, 1, 1);
    insert into runs values ('r1', '${conversationId}', 'o', 'm1', 'm2', null, null, 'completed', 'x', 'riacho', null, null, '{}', 2, null, 0, 1, 2);
    insert into runs values ('r2', '${conversationId}', 'o', 'm1', 'm3', null, null, 'completed', 'x', 'riacho', null, null, '{"inputTokens":0,"outputTokens":1}', 2, null, 0, 1, 2);
    insert into messages values ('m2', '${conversationId}', 'o', 'm1', 'ASSISTANT', '[{"type":"text","text":"não"}]', null, null, 'r1', 2);
    insert into messages values ('m1', '${conversationId}', 'o', null, 'USER', '[{"type":"text","text":"Oi"}]', 'c1', 'h1', null, 1);`)
  const before = sqlite.prepare('select * from messages order by id').all()
  await queries.destroy()

  const database = await openSqlite(file, silentLogger)
  try {
    const after = await database.queries.selectFrom('messages').selectAll().orderBy('number').execute()
    expect(after).toEqual(before.map((row, index) => ({ ...row, number: index + 1, feedback: null })))
    const conversation = await database.queries
      .selectFrom('conversations')
      .selectAll()
      .where('id', '=', conversationId)
      .executeTakeFirstOrThrow()
    expect(conversation).toMatchObject({ title: 'Água', pinned: 0, title_final: 1, deleted_at: null })
    const runs = await database.queries.selectFrom('runs').select(['id', 'usage']).orderBy('id').execute()
    expect(runs).toEqual([
      { id: 'r1', usage: null },
      { id: 'r2', usage: '{"inputTokens":0,"outputTokens":1}' },
    ])
    expect(await rewriteDueSince(database.queries)).toBeGreaterThan(0)
    const matches = await listMatches(database.queries, { ownerId: 'o', words: ['nao'], limit: 5 })
    expect(matches).toMatchObject([{ id: 'm2', number: 2, title: 'Água' }])
    const titled = await listConversations(database.queries, { ownerId: 'o', search: 'agua', limit: 5 })
    expect(titled).toMatchObject([{ id: conversationId }])
    const listed = await listConversations(database.queries, { ownerId: 'o', limit: 5 })
    expect(listed.map(({ title, position }) => [title, position])).toEqual([
      ['Água', 2],
      ['Rio', 1],
    ])
    await database.queries.deleteFrom('conversations').execute()
    expect(await database.queries.selectFrom('messages').selectAll().execute()).toEqual([])
    expect(await listMatches(database.queries, { ownerId: 'o', words: ['nao'], limit: 5 })).toEqual([])
  } finally {
    await database.close()
  }
})

test('of a long message that an older version indexed, only the beginning is found, and nothing once it is erased', async () => {
  await using folder = await temporaryFolder()
  const file = `${folder.path}/riacho.db`
  const sqlite = new DatabaseSync(file)
  const queries = new Kysely({ dialect: new SqliteDialect({ database: sqliteForKysely(sqlite) }) })
  const older = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < '012'))
  await new Migrator({ db: queries, provider: { getMigrations: async () => older } }).migrateToLatest()
  const text = `nascente ${'rio '.repeat(60_000)}foz`
  sqlite.exec(`
    insert into conversations (id, owner_id, title, status, archived, assistant, created_at, updated_at)
      values ('c', 'o', '', 'OPEN', 0, 'riacho', 1, 1);
    insert into messages (id, conversation_id, owner_id, role, parts, created_at)
      values ('m', 'c', 'o', 'USER', '${JSON.stringify([{ type: 'text', text }])}', 1)`)
  await queries.destroy()

  const database = await openSqlite(file, silentLogger)
  const found = async (word: string) =>
    (await listMatches(database.queries, { ownerId: 'o', words: [word], limit: 5 })).map(({ id }) => id)
  try {
    expect([await found('nascente'), await found('foz')]).toEqual([['m'], []])
    await database.queries.deleteFrom('conversations').execute()
    const { rows } = await sql`select count(*) as left from message_index('rio or nascente or foz')`.execute(
      database.queries,
    )
    expect(rows).toEqual([{ left: 0 }])
  } finally {
    await database.close()
  }
})

test('a new database waits for no rewriting', async () => {
  await using folder = await temporaryFolder()
  const database = await openSqlite(`${folder.path}/riacho.db`, silentLogger)
  try {
    expect(await rewriteDueSince(database.queries)).toBeUndefined()
  } finally {
    await database.close()
  }
})

test('the text of a document that an earlier version stored is there, and is found', async () => {
  await using folder = await temporaryFolder()
  const file = `${folder.path}/riacho.db`
  const sqlite = new DatabaseSync(file)
  const queries = new Kysely({ dialect: new SqliteDialect({ database: sqliteForKysely(sqlite) }) })
  const provider = { getMigrations: async () => migrations }
  await new Migrator({ db: queries, provider }).migrateTo('024-files')
  const text = `${'água mole em pedra dura '.repeat(300)}jabuticabeira`
  sqlite
    .prepare(`insert into files (id, owner_id, name, media_type, size, state, received, attempts, created_at, text, text_bytes)
      values (?, 'o', 'a.txt', 'text/plain', 1, 'ready', 1, 1, 1, ?, 1)`)
    .run('f1', text)
  sqlite.exec(`insert into files (id, owner_id, name, media_type, size, state, received, attempts, created_at, text_bytes)
    values ('f2', 'o', 'a.png', 'image/png', 1, 'ready', 1, 1, 1, 0)`)
  await queries.destroy()

  const database = await openSqlite(file, silentLogger)
  try {
    const ids = ['f1', 'f2']
    expect(await textsOf(database.queries, { ids, ownerId: 'o' })).toEqual(new Map([['f1', text]]))
    const query = { ids, ownerId: 'o', query: 'jabuticabeiras jabuticabeira', limit: 1 }
    const { passages } = await searchPassages(database.queries, query)
    expect(passages).toMatchObject([{ file_id: 'f1', place: 4, page: null }])
  } finally {
    await database.close()
  }
})

test('what calls of tools show is found in messages of an earlier version, and nothing of it once they are erased', async () => {
  await using folder = await temporaryFolder()
  const file = `${folder.path}/riacho.db`
  const sqlite = new DatabaseSync(file)
  const queries = new Kysely({ dialect: new SqliteDialect({ database: sqliteForKysely(sqlite) }) })
  await new Migrator({ db: queries, provider: { getMigrations: async () => migrations } }).migrateTo(
    '027-passages',
  )
  sqlite.exec(`
    insert into conversations (id, owner_id, title, status, archived, assistant, created_at, updated_at)
      values ('c', 'o', '', 'OPEN', 0, 'riacho', 1, 1)`)
  const insert = sqlite.prepare(`
    insert into messages (id, conversation_id, owner_id, role, parts, created_at)
      values (?, 'c', 'o', 'ASSISTANT', ?, 1)`)
  // The index writes its entries in many pieces, as it does with many messages.
  sqlite.exec(`insert into message_index (message_index, rank) values ('hashsize', 10000)`)
  const textOf = (id: string) => {
    const words = Array.from({ length: 1000 }, (_, index) => `${id}q${index.toString(36)}`)
    return { type: 'text', text: `nascente ${words.join(' ')}` }
  }
  const call = { type: 'tool', tool: 'clima', arguments: '{"cidade":"Manaus"}', content: 'nublado' }
  for (const id of ['m1', 'm2', 'm3', 'm4']) insert.run(id, JSON.stringify([call, textOf(id)]))
  insert.run('m5', JSON.stringify([textOf('m5')]))
  await queries.destroy()

  const database = await openSqlite(file, silentLogger)
  const found = async (...words: string[]) =>
    (await listMatches(database.queries, { ownerId: 'o', words, limit: 5 })).map(({ id }) => id)
  try {
    expect(await found('nascente')).toEqual(['m5', 'm4', 'm3', 'm2', 'm1'])
    expect(await found('nascente', 'manaus', 'nublado', 'clima')).toEqual(['m4', 'm3', 'm2', 'm1'])
    expect(await found('cidade')).toEqual([])
    await database.queries.deleteFrom('conversations').execute()
    const { rows } = await sql`select sum(length(block)) < 1000 as empty from message_index_data`.execute(
      database.queries,
    )
    expect(rows).toEqual([{ empty: 1 }])
  } finally {
    await database.close()
  }
})
