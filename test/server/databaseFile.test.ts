import { execFile } from 'node:child_process'
import { copyFile, link, open, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { readEnv } from '../../src/server/config/env.ts'
import { type StartedRiacho, startRiacho } from '../../src/startRiacho.ts'
import { finished, TestClient } from '../harness/client.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import { settingsOf, startServer } from '../harness/server.ts'
import { createShiftedClock, type ShiftedClock } from '../harness/shiftedClock.ts'
import { createUpstream } from '../upstream/upstream.ts'

const ROOT = '/api/chat/conversations'
const execute = promisify(execFile)

interface Watched extends AsyncDisposable {
  client: TestClient
  clock: ShiftedClock
  /** What the log says of faults. */
  faults: string[]
}

/** A server whose log is read. */
async function begin(folder: TestFolder, upstream?: { url: string }): Promise<Watched> {
  const faults: string[] = []
  const logger = pino({ level: 'error' }, { write: line => void faults.push(JSON.parse(line).msg) })
  const clock = createShiftedClock()
  const settings = settingsOf({ ...(upstream && { upstream }) }, folder)
  const riacho: StartedRiacho = await startRiacho(readEnv(settings), { logger, clock })
  return {
    client: new TestClient(riacho.url),
    clock,
    faults,
    [Symbol.asyncDispose]: () => riacho.close({ drainMs: 0 }),
  }
}

test.each([
  ['a symbolic link', symlink],
  ['a hard link', link],
])('a second server is refused, also if it opens the database by %s', async (_, makeLink) => {
  await using folder = await temporaryFolder()
  await using other = await temporaryFolder()
  await using _server = await startServer({ folder })
  await makeLink(join(folder.path, 'riacho.db'), join(other.path, 'riacho.db'))
  await expect(startServer({ folder: other })).rejects.toThrow(
    /^Another process is using the database|^The database .* has another name/,
  )
})

test('a second server that is refused leaves the first its lock', async () => {
  await using folder = await temporaryFolder()
  await using _server = await startServer({ folder })
  await expect(startServer({ folder })).rejects.toThrow(/Another process is using/)
  const lock = JSON.stringify(join(folder.path, 'riacho.db.lock'))
  const takeIt = `new (require('node:sqlite').DatabaseSync)(${lock}).exec('begin exclusive')`
  await expect(execute(process.execPath, ['-e', takeIt])).rejects.toThrow(/database is locked/)
})

test('a link to a database that is not made yet is followed', async () => {
  await using folder = await temporaryFolder()
  await using other = await temporaryFolder()
  await symlink(join(folder.path, 'riacho.db'), join(other.path, 'riacho.db'))
  await using _server = await startServer({ folder: other })
  await expect(startServer({ folder })).rejects.toThrow(/Another process is using/)
})

test.each([
  ['riacho.db', 'missing', (file: string) => rm(file)],
  ['riacho.db-wal', 'missing', (file: string) => rm(file)],
  ['riacho.db.lock', 'missing', (file: string) => rm(file)],
  [
    'riacho.db',
    'replaced',
    async (file: string) => {
      await copyFile(file, `${file}.copy`)
      await rename(`${file}.copy`, file)
    },
  ],
])(
  'if %s is %s while the server runs, nothing new is accepted, and the log says it once',
  async (name, reason, harm) => {
    await using folder = await temporaryFolder()
    await using upstream = await createUpstream()
    await using server = await begin(folder, upstream)
    const { client, clock, faults } = server
    const { conversationId } = await finished(client)
    expect((await client.get('/api/ready')).status).toBe(200)
    await harm(join(folder.path, name))

    const refused = await client.post('/api/chat/send', { content: 'E aí?' })
    expect([refused.status, refused.body.code]).toEqual([503, 'STORAGE_UNAVAILABLE'])
    for (let asked = 0; asked < 3; asked++) {
      clock.shift(1000)
      const ready = await client.get('/api/ready')
      expect([ready.status, ready.body.code, ready.body.reason]).toEqual([503, 'STORAGE_UNAVAILABLE', reason])
    }
    expect(upstream.requests.length).toBe(1)
    expect((await client.get(`${ROOT}/${conversationId}`)).body.messages.length).toBe(2)
    expect(faults).toEqual([expect.stringContaining(join(folder.path, name))])
    expect(faults[0]).toMatch(/was (deleted|replaced) while Riacho runs/)
  },
)

test('a reply under way when its database is deleted shows nothing that is not stored', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const gate = upstream.hold({ tokens: ['um', ' dois', ' três'] })
  await using server = await begin(folder, upstream)
  const { client, clock } = server
  await using stream = await client.send({ content: 'Oi' })
  await gate.next()
  await stream.untilText('um')
  await rm(join(folder.path, 'riacho.db'))
  clock.shift(1000)
  expect((await client.get('/api/ready')).status).toBe(503)
  await gate.next()
  await stream.until(({ event }) => event.type === 'run-wait')
  expect(stream.text).toBe('um')
  clock.shift(10_000)
  expect(await (await upstream.request(0)).closed).toBe('client')
})

test('a database that comes back is taken again', async () => {
  await using folder = await temporaryFolder()
  await using server = await begin(folder)
  const { client, clock, faults } = server
  const file = join(folder.path, 'riacho.db')
  await rename(file, `${file}.away`)
  expect((await client.get('/api/ready')).status).toBe(503)
  await rename(`${file}.away`, file)
  clock.shift(1000)
  expect((await client.get('/api/ready')).status).toBe(200)
  await finished(client)
  expect(faults.length).toBe(1)
})

/** Overwrites the first page of a table. */
async function damage(file: string, table: string): Promise<void> {
  const database = new DatabaseSync(file)
  const { rootpage } = database.prepare('select rootpage from sqlite_master where name = ?').get(table) ?? {}
  const { page_size: size } = database.prepare('pragma page_size').get() ?? {}
  database.close()
  const handle = await open(file, 'r+')
  await handle.write(Buffer.alloc(Number(size), 0xff), 0, Number(size), (Number(rootpage) - 1) * Number(size))
  await handle.close()
}

test('damaged pages give one code, and one line of the log says what to do', async () => {
  await using folder = await temporaryFolder()
  let cookie: string | undefined
  let path = ''
  {
    await using server = await begin(folder)
    path = `${ROOT}/${(await finished(server.client)).conversationId}`
    ;({ cookie } = server.client)
  }
  await damage(join(folder.path, 'riacho.db'), 'messages')
  await using server = await begin(folder)
  const { client, faults } = server
  client.cookie = cookie
  for (let asked = 0; asked < 2; asked++) {
    const read = await client.get(path)
    expect([read.status, read.body.code, read.body.reason]).toEqual([503, 'STORAGE_UNAVAILABLE', 'damaged'])
    const written = await client.post('/api/chat/send', { content: 'E aí?' })
    expect([written.status, written.body.code]).toEqual([503, 'STORAGE_UNAVAILABLE'])
  }
  expect(faults).toEqual([
    expect.stringMatching(/riacho\.db is damaged .*: stop Riacho .*docs\/deployment\/backups\.md/),
  ])
})

test('a database that is damaged where the start reads it is one clear sentence', async () => {
  await using folder = await temporaryFolder()
  await (await startServer({ folder }))[Symbol.asyncDispose]()
  await damage(join(folder.path, 'riacho.db'), 'journal')
  await expect(startServer({ folder })).rejects.toThrow(
    /^The database .* is damaged .*docs\/deployment\/backups\.md\.$/,
  )
})
