import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { backUp } from '../../src/backup/backUp.ts'
import { finished } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { createRandom } from '../harness/random.ts'
import { startProcess, startServer } from '../harness/server.ts'
import { uploadFile } from '../harness/upload.ts'
import { createUpstream } from '../upstream/upstream.ts'

const ROOT = '/api/chat/conversations'
const PROGRAM = join(import.meta.dirname, '..', '..', 'src', 'backup', 'main.ts')

/** Runs the command, as `npm run backup` and `npm run restore` do. `killAfter`: kills it after so many milliseconds. */
async function command(
  args: readonly string[],
  { file, killAfter }: { file: string; killAfter?: number },
): Promise<{ code: number | null; output: string }> {
  const env = { PATH: process.env['PATH'] ?? '', DATABASE_URL: `file:${file}` }
  const child = spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const closed = once(child, 'close')
  if (killAfter !== undefined) void delay(killAfter).then(() => child.kill('SIGKILL'))
  const [code] = (await closed) as [number | null]
  return { code, output }
}

function copiesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.db'))
    .toSorted()
    .map(name => join(folder, name))
}

test('a copy that is made while replies are written has all that was answered before, and a server goes on with it', async () => {
  await using upstream = await createUpstream()
  await using folder = await temporaryFolder()
  await using server = await startProcess({ upstream, folder, settings: { TITLES: 'words' } })
  const client = server.client()
  upstream.reply({ tokens: Array.from({ length: 40 }, (_, index) => `palavra${index} `), delayMs: 2 })
  const before = await finished(client, { content: 'Antes' })
  // They write while the copy is made.
  const writing = Array.from({ length: 20 }, () => finished(client, { content: 'Enquanto isso' }))
  const copies = join(folder.path, 'copies')
  const { code, output } = await command(['backup', copies], { file: server.databaseFile })
  expect([code, output]).toEqual([
    0,
    expect.stringMatching(/^\/.*\/riacho-\d{8}T\d{6}Z\.db \(.* MB\), verified\n$/),
  ])
  await Promise.all(writing)
  const [copy = ''] = copiesIn(copies)
  expect(statSync(copy).mode & 0o777).toBe(0o600)
  const expected = (await client.get(`${ROOT}/${before.conversationId}`)).body
  await server.kill('SIGTERM')

  await using other = await temporaryFolder()
  expect((await command(['restore', copy], { file: join(other.path, 'riacho.db') })).code).toBe(0)
  await using restored = await startServer({ upstream, folder: other })
  const again = restored.client()
  // The secret of the cookies came along.
  again.cookie = client.cookie
  expect((await again.get(`${ROOT}/${before.conversationId}`)).body).toEqual(expected)
  await finished(again, { content: 'Depois' })
})

test('only so many copies stay, the newest ones, also of one second', async () => {
  await using folder = await temporaryFolder()
  await using server = await startServer({ folder })
  const copies = join(folder.path, 'copies')
  const times = [
    '2020-11-29T03:30:00Z',
    '2020-11-29T03:30:00Z',
    '2020-11-30T03:30:00Z',
    '2020-11-30T03:30:00Z',
  ]
  const made: string[] = []
  for (const time of times) {
    const options = { file: server.databaseFile, folder: copies, now: new Date(time) }
    made.push((await backUp(options)).path)
  }
  const [, second = '', third = '', fourth = ''] = made
  expect(second).toMatch(/T033000Z-2\.db$/)
  const { removed } = await backUp({
    file: server.databaseFile,
    folder: copies,
    now: new Date('2020-11-30T03:30:00Z'),
    keep: 4,
  })
  expect(removed).toEqual(made.slice(0, 1))
  const { code, output } = await command(['backup', copies, '--keep', '3'], { file: server.databaseFile })
  expect([code, output]).toEqual([0, expect.stringContaining(`removed ${second}\nremoved ${third}\n`)])
  expect(copiesIn(copies)).toHaveLength(3)
  expect(copiesIn(copies)).toContain(fourth)
  expect(readdirSync(copies).filter(name => name.endsWith('.sha256')).length).toBe(3)
})

test('what is no whole copy, and a database in use, are refused in one sentence, and nothing changes', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'riacho.db')
  const paths = ['cut', 'changed', 'foreign', 'later'].map(name => join(folder.path, `${name}.db`))
  const [cut = '', changed = '', foreign = '', later = ''] = paths
  {
    await using server = await startServer({ folder })
    await command(['backup', folder.path], { file: server.databaseFile })
    const [copy = ''] = copiesIn(folder.path).filter(path => path.includes('riacho-'))
    for (const path of [cut, changed, later]) copyFileSync(copy, path)
    truncateSync(cut, 10_000)
    copyFileSync(`${copy}.sha256`, `${changed}.sha256`)
    writeFileSync(changed, Buffer.concat([readFileSync(changed), Buffer.alloc(1)]))
    const use = await command(['restore', copy], { file })
    expect([use.code, use.output]).toEqual([1, `Riacho is using ${file}. Stop it first.\n`])
  }
  new DatabaseSync(foreign).exec('create table t (a)')
  new DatabaseSync(later).exec("insert into kysely_migration (name, timestamp) values ('999-later', '')")
  const bytes = readFileSync(file)
  for (const [path, reason] of [
    [cut, /is no whole database of Riacho/],
    [changed, /is not the file that .*\.sha256 was written for/],
    [foreign, /is no whole database of Riacho: no such table: kysely_migration/],
    [later, /was written by a later version of Riacho \(999-later\)/],
    [join(folder.path, 'missing.db'), /does not exist/],
  ] as const) {
    const { code, output } = await command(['restore', path], { file })
    expect([code, output]).toEqual([1, expect.stringMatching(reason)])
  }
  expect(readFileSync(file).equals(bytes)).toBe(true)
})

test('a wrong command says what is right', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'riacho.db')
  for (const args of [
    [],
    ['restore'],
    ['backup', 'a', 'b'],
    ['backup', '--keep', '0'],
    ['backup', '--what'],
  ]) {
    const { code, output } = await command(args, { file })
    expect([code, output]).toEqual([2, expect.stringContaining('npm run restore -- <copy>')])
  }
  expect((await command(['backup'], { file })).output).toBe(`There is no database ${file}.\n`)
  writeFileSync(file, '')
  for (const folder of ['/proc/nowhere/below', file]) {
    const { code, output } = await command(['backup', folder], { file })
    expect([code, output]).toEqual([1, expect.stringMatching(/ cannot be used: /)])
  }
})

test('a restoration that is killed at any moment leaves the old database or the new one, whole', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'riacho.db')
  const random = createRandom(11)
  {
    await using _server = await startServer({ folder })
  }
  const titled = (title: string) => {
    const database = new DatabaseSync(file)
    database.exec(`insert or replace into settings (key, value) values ('title', '${title}')`)
    database.close()
  }
  titled('new')
  await command(['backup', join(folder.path, 'copies')], { file })
  const [copy = ''] = copiesIn(join(folder.path, 'copies'))
  for (let round = 0; round < 12; round++) {
    titled('old')
    await command(['restore', copy], { file, killAfter: 60 + random.integer(500) })
    const database = new DatabaseSync(file)
    expect(database.prepare('pragma integrity_check').all()).toMatchObject([{ integrity_check: 'ok' }])
    const row = database.prepare("select value from settings where key = 'title'").get()
    database.close()
    expect(['old', 'new']).toContain(row?.['value'])
  }
  expect((await command(['restore', copy], { file })).code).toBe(0)
  await using server = await startServer({ folder })
  expect(server.rows("select value from settings where key = 'title'")).toEqual([{ value: 'new' }])
})

test('a copy takes the files along, and brings back what is gone', async () => {
  await using upstream = await createUpstream()
  await using folder = await temporaryFolder()
  const settings = { FILES_DIR: '' }
  await using server = await startProcess({ upstream, folder, settings: { TITLES: 'words', ...settings } })
  const client = server.client()
  const bytes = Buffer.from('o que se anexa')
  const { fileId } = await uploadFile(client, { name: 'a.txt', bytes })
  await finished(client, { content: 'Leia', attachments: [{ fileId }] })
  const file = server.databaseFile
  const copies = join(folder.path, 'copies')
  const first = await command(['backup', copies], { file })
  expect([first.code, first.output]).toEqual([0, expect.stringContaining('1 new files, verified')])
  // Nothing is copied twice.
  const second = await command(['backup', copies, '--keep', '1'], { file })
  expect([second.code, second.output]).toEqual([0, expect.not.stringContaining('new files')])
  const [copy = ''] = copiesIn(copies)
  const { cookie } = client
  await client.call('DELETE', '/api/chat/owner')
  const late = await uploadFile(server.client(), { name: 'b.txt', bytes: Buffer.from('mais tarde') })
  await server.kill('SIGTERM')

  const restored = await command(['restore', copy], { file })
  expect([restored.code, restored.output]).toEqual([0, expect.stringContaining('is in')])
  await using again = await startServer({ upstream, folder, settings })
  const reader = again.client()
  reader.cookie = cookie
  expect((await reader.get(`/api/chat/files/${fileId}`)).text).toBe(bytes.toString())
  // What only the database before had goes a week later.
  expect(late.state).toBe('ready')
  expect(again.rows('select stored_as from file_trash where due_at > 1000000000000').length).toBeGreaterThan(
    0,
  )
})

test('a damaged file makes no copy', async () => {
  await using folder = await temporaryFolder()
  await using server = await startServer({ folder, settings: { FILES_DIR: '' } })
  await uploadFile(server.client(), { name: 'a.txt', bytes: Buffer.from('inteiro') })
  const [name] = server.rows('select stored_as from files').map(row => String(row['stored_as']))
  writeFileSync(join(folder.path, 'files', name ?? ''), 'inteirO')
  const copies = join(folder.path, 'copies')
  const { code, output } = await command(['backup', copies], { file: server.databaseFile })
  expect([code, output]).toEqual([1, expect.stringContaining('is damaged')])
  expect(copiesIn(copies)).toEqual([])
})
