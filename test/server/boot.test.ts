import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { readEnv } from '../../src/server/config/env.ts'
import { startRiacho } from '../../src/startRiacho.ts'
import type { Answer } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { settingsOf, spawnServer, startProcess, startServer } from '../harness/server.ts'
import { onPostgres } from '../harness/testDatabase.ts'

/** Starts a process that is expected to give up. */
async function failure(
  settings: Record<string, string>,
): Promise<{ code: number; output: string; log: string }> {
  await using folder = await temporaryFolder()
  const child = spawnServer({ ...settingsOf({}, folder), ...settings })
  let output = ''
  let log = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  const [code] = (await once(child, 'close')) as [number]
  return { code, output: output.trim(), log }
}

test('all wrong settings are reported in one message', async () => {
  const { code, output } = await failure({ PORT: 'x', LOG_LEVEL: 'loud', OPENAI_API_KEY: 'sk-secret-key' })
  expect(code).toBe(1)
  expect(output).toMatch(/PORT: .*\n.*LOG_LEVEL: .*\n.*OPENAI_MODEL: /)
  expect(output).not.toContain('sk-secret-key')
})

test('a budget in money whose model has no price is refused before the database is opened', async () => {
  const model = { OPENAI_API_KEY: 'sk-secret-key', OPENAI_MODEL: 'some-model' }
  const { code, output } = await failure({
    ...model,
    BUDGET_PER_MONTH: '10',
    MODEL_PRICES: 'another-model=1/2',
    DATABASE_URL: 'file:/nowhere/at/all.db',
  })
  expect(code).toBe(1)
  expect(output).toBe(
    'These settings are wrong:\n  BUDGET_PER_MONTH: needs a price of each model; expected MODEL_PRICES with some-model',
  )
})

test('a misspelt setting is named together with the one that is missing for it', async () => {
  const { output } = await failure({ OPENAI_API_KEY: 'sk-secret-key', OPENAI_MODLE: 'any' })
  expect(output).toMatch(/OPENAI_MODEL: missing.*\nOPENAI_MODLE is not a setting of Riacho/)
})

test('a variable that begins like a setting and is none is named in a warning, without its value', async () => {
  const missing = { ASSISTANTS_DIR: '/nowhere' }
  const { log } = await failure({ ...missing, LOG_LEVEL: 'warn', OPENAI_KEY: 'sk-secret', RIACHO_PORT: '80' })
  const messages = log.trim().split('\n')
  expect(messages.map(line => JSON.parse(line).msg)).toEqual([
    'OPENAI_KEY is not a setting of Riacho, and changes nothing. See docs/configuration.md.',
    'RIACHO_PORT is not a setting of Riacho, and changes nothing. See docs/configuration.md.',
  ])
  expect(log).not.toContain('sk-secret')
})

test('a taken port is one clear sentence', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  await using folder = await temporaryFolder()
  const database = `file:${folder.path}/riacho.db`
  const { code, output } = await failure({ PORT: String(port), DATABASE_URL: database })
  taken.close()
  expect([code, output]).toEqual([1, `Port ${port} is taken. Stop what uses it, or set PORT.`])
  expect((await readdir(folder.path)).filter(name => /-wal|-shm/.test(name))).toEqual([])
})

test('a data folder that cannot be written is one clear sentence', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'file'), '')
  const { code, output } = await failure({ DATABASE_URL: `file:${folder.path}/file/riacho.db` })
  expect(code).toBe(1)
  expect(output).toMatch(/^The database .*riacho\.db cannot be written: .*\.$/)
})

test('a file that is no database is one clear sentence, and stays as it was', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'riacho.db')
  await writeFile(path, 'this is a letter, not a database, and it is long enough to look like one'.repeat(20))
  const { code, output } = await failure({ DATABASE_URL: `file:${path}` })
  expect(code).toBe(1)
  expect(output).toMatch(/^The database .* cannot be opened: .*\.$/)
})

test.skipIf(onPostgres)('a second process on the same database is one clear sentence', async () => {
  await using folder = await temporaryFolder()
  await using server = await startServer({ folder })
  const { code, output } = await failure({ DATABASE_URL: server.settings['DATABASE_URL'] ?? '' })
  expect(code).toBe(1)
  expect(output).toMatch(/^Another process is using the database .*\.$/)
})

test('faults in the assistants are reported with file and line', async () => {
  await using folder = await temporaryFolder()
  await mkdir(join(folder.path, 'assistants'))
  await writeFile(join(folder.path, 'assistants', 'a.md'), '---\nname: A\ntemperature: hot\n---\nBe kind.\n')
  const { code, output } = await failure({ ASSISTANTS_DIR: join(folder.path, 'assistants') })
  expect(code).toBe(1)
  expect(output).toMatch(/a\.md:3: temperature: /)
})

async function startLines(settings: Record<string, string>): Promise<string[]> {
  await using folder = await temporaryFolder()
  const lines: string[] = []
  const logger = pino({ level: 'info' }, { write: line => void lines.push(JSON.parse(line).msg) })
  const riacho = await startRiacho(readEnv({ ...settingsOf({}, folder), ...settings }), { logger })
  await riacho.close({ drainMs: 0 })
  return lines.filter(line => !line.startsWith('Server listening'))
}

test('the log says what writes the replies, and where, without the key', async () => {
  expect(await startLines({})).toEqual(['Replies come from the built-in guide.'])
  const settings = {
    OPENAI_BASE_URL: 'http://localhost:9/v1',
    OPENAI_MODEL: 'm1',
    OPENAI_API_KEY: 'sk-river',
  }
  expect(await startLines(settings)).toEqual(['Replies come from m1 at http://localhost:9/v1.'])
})

test('a server that others can reach warns that it lets everybody in', async () => {
  expect(await startLines({ HOST: '0.0.0.0' })).toEqual([
    'Replies come from the built-in guide.',
    expect.stringMatching(/^HOST=0\.0\.0\.0 lets everybody .* ACCESS is open\. docs\/deployment/),
  ])
  expect(await startLines({ HOST: 'localhost' })).toHaveLength(1)
})

test.each([
  ['with a byte order mark', '\uFEFFPORT=many\nLOG_LEVEL=loud\n', /PORT: [\s\S]*LOG_LEVEL: /],
  [
    'that is not UTF-8',
    Buffer.from('\uFEFFPORT=3001', 'utf16le'),
    /^\.env is not UTF-8\. Save it as UTF-8\.$/,
  ],
])('a .env %s is read, or refused by name', async (_, content, expected) => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, '.env'), content)
  const script = (name: string) => join(import.meta.dirname, '..', '..', name)
  const args = ['--import', script('src/loadEnv.ts'), script('src/main.ts')]
  const child = spawn(process.execPath, args, { cwd: folder.path, env: {} })
  const [output, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  expect([code, output.trim()]).toEqual([1, expect.stringMatching(expected)])
})

test('only their owner can read the files of the database, and the folder that is made for them', async () => {
  await using folder = await temporaryFolder()
  const data = join(folder.path, 'new', 'data')
  /** What others may do with the folder and with its files. */
  const rights = async () => {
    const names = ['.', ...(await readdir(data))]
    return Promise.all(names.map(async name => [name, (await stat(join(data, name))).mode & 0o077]))
  }
  const settings = { DATABASE_URL: `file:${data}/riacho.db` }
  for (let start = 0; start < 2; start++) {
    await using server = await startServer({ folder, settings })
    await server.client().post('/api/chat/conversations', {})
    const found = await rights()
    expect(found).toEqual(found.map(([name]) => [name, 0]))
    expect(found.map(([name]) => name)).toContain('riacho.db-wal')
    // As an earlier version left it.
    await chmod(join(data, 'riacho.db'), 0o644)
  }
})

const cookieOf = (answer: Answer) => answer.headers['set-cookie']?.[0]?.split(';')[0]

test('the printed address serves the page, and a session that lasts', async () => {
  await using folder = await temporaryFolder()
  await using server = await startProcess({ folder })
  const page = await server.client().get('/', { 'accept-language': 'en' })
  expect(page.status).toBe(200)
  expect(page.text).toContain('<html lang="en"')
  const again = server.client()
  again.cookie = cookieOf(page)
  for (const path of ['/', '/api/chat/conversations']) expect(cookieOf(await again.get(path))).toBeUndefined()
})

test('a restart forgets no conversation and no owner', async () => {
  await using folder = await temporaryFolder()
  let cookie: string | undefined
  let id = ''
  {
    await using server = await startServer({ folder })
    const client = server.client()
    const { body } = await client.post('/api/chat/conversations', { title: 'Rio' })
    id = body.conversation.id
    cookie = client.cookie
  }
  await using server = await startServer({ folder })
  const client = server.client()
  client.cookie = cookie
  expect((await client.get(`/api/chat/conversations/${id}`)).body.conversation.title).toBe('Rio')
})
