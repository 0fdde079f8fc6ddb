import { execFile } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { TestClient } from '../harness/client.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import { install, ROOT, startProgram } from './packed.ts'

const run = promisify(execFile)
const READY = /Riacho: (http\S+)/

let folder: TestFolder
const tarball = inject('tarball')

beforeAll(async () => {
  folder = await temporaryFolder()
  await run('npm', ['init', '-y'], { cwd: folder.path })
  await install(folder.path, tarball)
}, 300_000)

afterAll(() => folder[Symbol.asyncDispose]())

test('in an empty folder the packed package starts without a build, answers, and keeps its data there', async () => {
  await using server = await startProgram(['npx', 'riacho'], {
    folder: folder.path,
    env: { PORT: '0' },
    ready: READY,
  })
  const client = new TestClient(server.url)
  await using live = await client.send({ content: 'Oi' })
  expect((await live.end()).status).toBe('completed')
  expect((await client.get('/')).text).toContain('<!doctype html>')
  expect((await stat(join(folder.path, 'data', 'riacho.db'))).isFile()).toBe(true)
})

test('the command names its version and its usage, and refuses what it does not know', async () => {
  const riacho = (...args: string[]) =>
    run('npx', ['riacho', ...args], { cwd: folder.path }).then(
      ({ stdout }) => ({ code: 0, text: stdout }),
      (error: { code: number; stderr: string }) => ({ code: error.code, text: error.stderr }),
    )
  const { version } = JSON.parse(
    await readFile(join(folder.path, 'node_modules/riacho/package.json'), 'utf8'),
  )
  expect(await riacho('--version')).toEqual({ code: 0, text: `${version}\n` })
  expect((await riacho('--help')).text).toContain('riacho doctor')
  expect(await riacho('serve')).toMatchObject({
    code: 2,
    text: expect.stringContaining('unknown command: serve'),
  })
})

test('the package has the OpenAPI document that its server serves', async () => {
  const file = join(folder.path, 'node_modules/riacho/lib/openapi.json')
  const { openapi, info, paths } = JSON.parse(await readFile(file, 'utf8'))
  const { version } = JSON.parse(
    await readFile(join(folder.path, 'node_modules/riacho/package.json'), 'utf8'),
  )
  expect([openapi, info.version]).toEqual(['3.1.1', version])
  await using server = await startProgram(['npx', 'riacho'], {
    folder: folder.path,
    env: { PORT: '0' },
    ready: READY,
  })
  const served = await new TestClient(server.url).get('/api/openapi.json')
  expect(Object.keys(JSON.parse(served.text).paths)).toEqual(Object.keys(paths))
})

test('the packed command imports conversations', async () => {
  const chats = join(import.meta.dirname, '..', 'importing', 'exports', 'claude.json')
  const options = { cwd: folder.path, env: { PATH: process.env['PATH'], DATABASE_URL: 'file:./imported.db' } }
  const { stdout } = await run('npx', ['riacho', 'import', 'claude', chats, '--owner', 'ana'], options)
  expect(stdout).toContain('Imported 2 conversations with 7 messages.')
})

test('the package is small, has no install script, and no tests', async () => {
  expect((await stat(tarball)).size).toBeLessThan(10 * 1024 * 1024)
  const { scripts, dependencies } = JSON.parse(
    await readFile(join(folder.path, 'node_modules/riacho/package.json'), 'utf8'),
  )
  expect(Object.keys(scripts).filter(name => /install|^prepare$/.test(name))).toEqual([])
  expect(Object.keys(dependencies).filter(name => /vite|tailwind|react|^node$/.test(name))).toEqual([])
  const { stdout } = await run('tar', ['-tzf', tarball])
  expect(stdout.split('\n').filter(name => /\.test\.|\/test\/|\/bench\/|\/src\//.test(name))).toEqual([])
})

test('publint and attw find nothing wrong', { timeout: 120_000 }, async () => {
  const bin = (name: string) => join(ROOT, 'node_modules', '.bin', name)
  await run(bin('publint'), ['--strict', tarball])
  // These two are no modules.
  const notModules = ['--exclude-entrypoints', 'styles.css', 'widget.js']
  await run(bin('attw'), [tarball, '--profile', 'esm-only', ...notModules])
})

/** Kilobytes after gzip of an entry and of the files that it imports at once. */
const BUDGETS = { 'ai-sdk.js': 17, 'client.js': 34, 'react.js': 70, 'styles.css': 16, 'widget.js': 5 }

test.each(Object.entries(BUDGETS))('the entry %s is small', async (entry, budget) => {
  const files = new Set([join(folder.path, 'node_modules/riacho/web', entry)])
  let size = 0
  for (const file of files) {
    const text = await readFile(file, 'utf8')
    size += gzipSync(text, { level: 9 }).length
    for (const [, path = ''] of text.matchAll(/(?:from|import)"(\.[^"]+)"/g))
      files.add(join(dirname(file), path))
  }
  expect(size / 1024).toBeLessThan(budget)
})

test('a program without a page chats by riacho/client', async () => {
  await using server = await startProgram(['npx', 'riacho'], {
    folder: folder.path,
    env: { PORT: '0' },
    ready: READY,
  })
  await writeFile(join(folder.path, 'chat.mjs'), PROGRAM)
  const { stdout } = await run('node', ['chat.mjs', server.url], { cwd: folder.path })
  expect(JSON.parse(stdout)).toEqual(['USER', 'ASSISTANT'])
})

/** A visitor has a cookie, which Node does not keep by itself. */
const PROGRAM = `
import { createChatClient } from 'riacho/client'
let cookie = ''
const client = createChatClient({
  baseUrl: process.argv[2],
  async fetch(url, init) {
    const response = await fetch(url, { ...init, headers: { ...init.headers, cookie } })
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie
    return response
  },
})
const stop = client.start()
await new Promise(resolve => client.subscribe(() => client.getSnapshot().assistants && resolve()))
client.send('Oi')
const ended = new Promise(resolve => client.subscribe(() => client.getSnapshot().messages.length === 2 && resolve()))
await ended
console.log(JSON.stringify(client.getSnapshot().messages.map(({ role }) => role)))
stop()
`
