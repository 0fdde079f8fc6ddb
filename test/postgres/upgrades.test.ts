import { execFileSync, spawnSync } from 'node:child_process'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestClient } from '../harness/client.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import { ask, type PostgresServer, startPostgres } from '../harness/postgres.ts'
import { startProcess, startServer, type TestServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** The tables of an unreleased version may change in place, so that no version before that change fits. */
const BASELINE = 'src/server/database/postgres/migrations/001-baseline.ts'
/** The version that runs beside this one: a tag or a commit. By default the first one with these tables. */
const BEFORE = process.env['UPGRADE_FROM'] ?? firstWithTheseTables()
const TOKENS = ['Um', ' rio', ' corre', ' para', ' o', ' mar.']

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

function sameAt({ url }: TestServer, { cookie }: TestClient): TestClient {
  const client = new TestClient(url)
  client.cookie = cookie
  return client
}

test('nodes go on while a later version adds columns, and one of this version starts afterwards', async () => {
  await using upstream = await createUpstream()
  const settings = { DATABASE_URL: await postgres.createDatabase(), TITLES: 'words' }
  await using running = await startServer({ upstream, settings })
  const client = running.client()
  const talk = async (content: string, conversationId?: string) => {
    upstream.replyOnce({ tokens: TOKENS })
    await using stream = await client.send({ content, ...(conversationId && { conversationId }) })
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    return stream.start
  }
  const { conversationId, runId } = await talk('Oi')
  const path = `/api/chat/conversations/${conversationId}`
  await client.get(path)
  await client.get(`${path}/export?format=json`)
  const tables = await ask(
    settings.DATABASE_URL,
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  )
  for (const { name } of tables) await ask(settings.DATABASE_URL, `alter table ${name} add column later text`)
  await ask(settings.DATABASE_URL, `insert into migrations (name, migrated_at) values ('999-later', now())`)

  await talk('E agora?', conversationId)
  expect((await client.get(path)).body.messages.length).toBe(4)
  expect((await client.get(`${path}/export?format=json`)).status).toBe(200)
  expect((await client.get('/api/chat/search?query=agora')).body.hits.length).toBe(1)
  await using started = await startServer({ upstream, settings })
  const there = sameAt(started, client)
  await using replay = await there.follow(runId, 0)
  expect(await replay.end()).toMatchObject({ status: 'completed' })
  expect(replay.text).toBe(TOKENS.join(''))
  expect((await there.get(path)).body.messages.length).toBe(4)
})

function git(...args: readonly string[]): Buffer | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd: ROOT, maxBuffer: 1e9 })
  return status === 0 && stdout.length > 0 ? stdout : undefined
}

function firstWithTheseTables(): string {
  return String(git('log', '-1', '--format=%H', '--', BASELINE) ?? '').trim()
}

/** The sources of the version before. `undefined` without its history. */
const archive = git('archive', BEFORE, 'src', 'docs/guide', 'assistants', 'package.json')
if (!archive) console.log(`The history has no ${BEFORE || 'version before'}: the test beside it is skipped`)

/** With the packages and the pages of this version. */
async function folderOfBefore(): Promise<TestFolder> {
  const folder = await temporaryFolder()
  execFileSync('tar', ['-x', '-C', folder.path], { input: archive })
  for (const name of ['node_modules', 'dist']) await symlink(join(ROOT, name), join(folder.path, name))
  return folder
}

describe.skipIf(!archive)('beside the version before, on one database', { timeout: 60_000 }, () => {
  test('each follows, stops and goes on with what the other writes, and takes it over', async () => {
    await using upstream = await createUpstream()
    await using before = await folderOfBefore()
    await using folder = await temporaryFolder()
    const settings = { DATABASE_URL: await postgres.createDatabase(), TITLES: 'words' }
    await using old = await startProcess({ upstream, folder, settings, root: before.path })
    const client = old.client()
    const gate = upstream.hold({ tokens: TOKENS })
    await using stream = await client.send({ content: 'Oi' })
    await gate.next(2)
    await stream.untilText('Um rio')
    const { conversationId } = stream.start

    // The deploy: this version starts, and brings the tables up to date.
    await using next = await startServer({ upstream, settings })
    const there = sameAt(next, client)
    await using follower = await there.follow(stream.start.runId, 0)
    await follower.untilText('Um rio')
    gate.open()
    for (const reader of [stream, follower]) {
      expect(await reader.end()).toMatchObject({ status: 'completed' })
      expect(reader.text).toBe(TOKENS.join(''))
    }

    const second = upstream.hold({ tokens: TOKENS })
    await using answer = await there.send({ conversationId, content: 'E agora?' })
    await second.next(1)
    await using back = await client.follow(answer.start.runId, 0)
    await back.untilText('Um')
    expect((await client.post(`/api/chat/runs/${answer.start.runId}/stop`)).body.status).toBe('stopped')
    expect(await back.end()).toMatchObject({ status: 'stopped' })
    second.open()

    const third = upstream.hold({ tokens: TOKENS })
    await using left = await client.send({ conversationId, content: 'E o fim?' })
    await third.next(2)
    await left.untilText('Um rio')
    await using heir = await there.follow(left.start.runId, 0)
    await old.kill('SIGKILL')
    expect(await heir.end()).toMatchObject({ status: 'interrupted' })
    expect(heir.text).toBe('Um rio')
    third.open()
    const { body } = await there.get(`/api/chat/conversations/${conversationId}`)
    expect(body.messages.map(({ status }: { status?: string }) => status ?? 'completed')).toHaveLength(6)
  })
})
