import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fastify } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCallers } from '../../src/server/access/caller.ts'
import { systemClock } from '../../src/server/clock.ts'
import { addRoutes } from '../../src/server/http/fastify/server.ts'
import { createHeartbeats } from '../../src/server/http/heartbeats.ts'
import { openPages, type Pages, pageRoutes } from '../../src/server/http/pages.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import { startProcess, type TestProcess } from '../harness/server.ts'

let folder: TestFolder
let server: TestProcess

beforeAll(async () => {
  folder = await temporaryFolder()
  server = await startProcess({
    folder,
    settings: {
      HOST_TOKEN_SECRET: 'x'.repeat(32),
      HOST_TOKEN_AUDIENCE: 'riacho',
      FRAME_ANCESTORS: 'https://app.example',
    },
  })
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(server.url + path, { headers: { 'accept-encoding': 'identity', ...headers } })
const textOf = async (path: string, headers?: Record<string, string>) => (await get(path, headers)).text()

test('a document is in the language that was chosen, or else in one that the browser asks for', async () => {
  expect(await textOf('/', { 'accept-language': 'es-AR,en' })).toContain('<html lang="es">')
  expect(await textOf('/', { 'accept-language': 'es', cookie: 'riacho_locale=en' })).toContain(
    '<html lang="en">',
  )
  expect(await textOf('/', { 'accept-language': 'de' })).toContain('<html lang="pt-BR">')
  expect(await textOf('/', { 'accept-language': 'en' })).toContain('placeholder="Write a message"')
})

test('the document of a new conversation is drawn with the composer in the middle, and that of a stored one is not', async () => {
  for (const [path, kind] of [
    ['/', 'start'],
    ['/c/01a20746-b67c-74bd-afcd-c3ee5055af12', 'chat'],
  ]) {
    const html = await textOf(path ?? '')
    expect(html).toContain(`<div id="root" data-kind="${kind}">`)
    expect(html.includes('<main data-empty="true"')).toBe(kind === 'start')
  }
})

test('a document has the theme that was chosen before any script runs, and nothing else out of a cookie', async () => {
  const looks = async (cookie: string) => /<html[^>]*>/.exec(await textOf('/', { cookie }))?.[0]
  expect(await looks('riacho_theme=dark; riacho_contrast=high')).toBe(
    '<html lang="pt-BR" data-theme="dark" data-contrast="high">',
  )
  expect(await looks('riacho_theme=light')).toBe('<html lang="pt-BR" data-theme="light">')
  expect(await looks('riacho_theme=../x; riacho_contrast="><b>')).toBe('<html lang="pt-BR">')
})

test('a document runs no script but files of its own, under a policy that allows no other', async () => {
  for (const path of ['/', '/c/01a20746-b67c-74bd-afcd-c3ee5055af12', '/s/abc', '/nowhere']) {
    const response = await get(path)
    const policy = response.headers.get('content-security-policy')
    expect(policy).toContain("default-src 'self'; script-src 'self'; ")
    expect(policy).not.toContain('unsafe-eval')
    const html = await response.text()
    const scripts = html.match(/<script\b[^>]*>[^<]*/g) ?? []
    expect(scripts.length).toBe(path === '/nowhere' ? 0 : 1)
    for (const script of scripts)
      expect(script).toMatch(/^<script type="module" src="\/assets\/[\w-]+\.js">$/)
    expect(html).not.toMatch(/\son\w+=/)
  }
})

test('a document names its own language alone, and every file it names is there, for good', async () => {
  const html = await textOf('/', { 'accept-language': 'en' })
  const files = [...new Set(html.match(/\/assets\/[^"]+/g))]
  expect(files.filter(file => /\/(en|es|pt-BR)-/.test(file)).map(file => file.slice(8, 10))).toEqual(['en'])
  for (const file of files) {
    const response = await get(file)
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(response.headers.get('content-type')).toMatch(/^text\/(javascript|css); charset=utf-8$/)
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self';")
    expect(await response.text()).not.toContain('sourceMappingURL')
  }
})

test('browsers ask again for a file that may change under its name', async () => {
  for (const path of ['/', '/s/abc', '/sw.js', '/manifest.webmanifest', '/nowhere'])
    expect((await get(path)).headers.get('cache-control')).toMatch(/no-cache/)
})

test('every text that the server sends says how it is encoded', async () => {
  const paths = [
    '/',
    '/sw.js',
    '/widget.js',
    '/third-party-licenses.txt',
    '/icons/icon.svg',
    '/metrics',
    '/nowhere',
  ]
  for (const path of [...paths, '/api/health', '/api/openapi.json', '/api/chat/probe']) {
    const response = await get(path)
    expect(response.headers.get('content-type'), path).toMatch(/; charset=utf-8$/)
    await response.body?.cancel()
  }
})

test('files are compressed by the build, and sent so to browsers that accept it', async () => {
  const plain = await textOf('/sw.js')
  for (const [accepted, encoding] of [
    ['gzip, deflate, br', 'br'],
    ['gzip, br;q=0', 'gzip'],
    ['identity', null],
  ] as const) {
    const response = await get('/sw.js', { 'accept-encoding': accepted })
    expect(response.headers.get('content-encoding')).toBe(encoding)
    expect(response.headers.get('vary')).toBe('accept-encoding')
    expect(await response.text()).toBe(plain)
  }
})

test('an unknown address gets a page that says so, in the language of the reader', async () => {
  const paths = ['/nowhere', '/assets/nothing.js', '/assets/..%2findex.json', '/assets/..%2f..%2fcurrent']
  const folders = ['/assets', '/assets/', '/icons/', '/.git/config', '/.env', '/data/riacho.db']
  const others = ['/icons/constructor', '/documents/chat.en.html', '/index.json']
  for (const path of [...paths, ...folders, ...others]) {
    const response = await get(path, { 'accept-language': 'en' })
    expect(response.status, path).toBe(404)
    expect(await response.text()).toContain('Page not found')
  }
  const posted = await server.client().post('/nowhere', {})
  expect([posted.status, posted.body.code]).toEqual([404, 'NOT_FOUND'])
})

test('a shared page begins no owner, is hidden from search engines, and sends no referrer', async () => {
  const response = await get('/s/abc')
  expect(response.headers.get('set-cookie')).toBeNull()
  expect(response.headers.get('referrer-policy')).toBe('no-referrer')
  const html = await response.text()
  expect(html).toContain('<meta name="robots" content="noindex, nofollow"/>')
  expect(html).toContain('<meta name="referrer" content="no-referrer"/>')
})

test('the description of the installed page is in the language of the reader', async () => {
  const response = await get('/manifest.webmanifest', { 'accept-language': 'es' })
  expect(response.headers.get('content-type')).toBe('application/manifest+json')
  expect(await response.json()).toMatchObject({ lang: 'es', start_url: '/', display: 'standalone' })
})

test('the page of the widget can be framed by named origins alone, and keeps no cookie', async () => {
  const response = await get('/embed?locale=es', { 'accept-language': 'en' })
  expect(response.headers.get('content-security-policy')).toContain(
    "frame-ancestors 'self' https://app.example",
  )
  expect(response.headers.get('set-cookie')).toBeNull()
  expect(await response.text()).toContain('<html lang="es">')
  for (const path of ['/', '/s/AAAAAAAAAAAAAAAAAAAAAAAA', '/nowhere'])
    expect((await get(path)).headers.get('content-security-policy')).toMatch(/frame-ancestors 'self'$/)
})

test('the script of the widget is small, for every site, and asked for again after five minutes', async () => {
  const response = await get('/widget.js', { 'accept-encoding': 'gzip' })
  expect(Number(response.headers.get('content-length'))).toBeLessThan(5 * 1024)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-encoding': 'gzip',
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=300',
    'cross-origin-resource-policy': 'cross-origin',
  })
})

/** A server of these pages alone. */
function serve(pages: Pages) {
  const server = fastify()
  const [callers, heartbeats] = [createCallers([]), createHeartbeats(systemClock)]
  addRoutes(server, pageRoutes({ files: pages, frameAncestors: [] }), {
    callers,
    heartbeats,
    sessions: { hold: () => () => {} },
    keys: { hold: () => () => {} },
    clock: systemClock,
    rateLimitPerMinute: 0,
  })
  return server
}

test('a file that cannot be read is an error that is not cached', async () => {
  const server = serve(
    new Map([['assets/a.js', { folder: join(folder.path, 'gone'), forms: { identity: 3, br: 2 } }]]),
  )
  const { statusCode, headers } = await server.inject({
    url: '/assets/a.js',
    headers: { 'accept-encoding': 'br' },
  })
  expect(statusCode).toBe(500)
  expect([headers['cache-control'], headers['content-encoding']]).toEqual([undefined, undefined])
  await server.close()
})

test('a server keeps its build while a newer one is made, and the next server still has its assets for open tabs', async () => {
  const dist = join(folder.path, 'dist')
  const build = async (name: string, files: string[]) => {
    for (const path of files) {
      await mkdir(join(dist, name, path, '..'), { recursive: true })
      await writeFile(join(dist, name, path), name)
    }
    const index = Object.fromEntries(files.map(path => [path, { identity: name.length }]))
    await writeFile(join(dist, name, 'index.json'), JSON.stringify(index))
  }
  await build('earlier', ['assets/menu-1.js', 'assets/both.js', 'documents/chat.en.html', 'gone.svg'])
  await writeFile(join(dist, 'current'), 'earlier')
  const before = await openPages(dist)
  await build('now', ['assets/menu-2.js', 'assets/both.js', 'documents/chat.en.html'])
  await mkdir(join(dist, 'half-made'))
  await writeFile(join(dist, 'current'), 'now')
  const old = serve(before)
  for (const url of ['/assets/menu-1.js', '/assets/both.js'])
    expect((await old.inject({ url })).body).toBe('earlier')
  expect(before.get('documents/chat.en.html')?.folder).toBe(join(dist, 'earlier'))
  await old.close()
  const pages = await openPages(dist)
  const server = serve(pages)
  const bodyOf = async (url: string) => (await server.inject({ url })).body
  expect(await bodyOf('/assets/menu-1.js')).toBe('earlier')
  expect(await bodyOf('/assets/menu-2.js')).toBe('now')
  expect(await bodyOf('/assets/both.js')).toBe('now')
  expect(pages.get('documents/chat.en.html')?.folder).toBe(join(dist, 'now'))
  expect(pages.has('gone.svg')).toBe(false)
  await server.close()
})

test('the licences of all that the pages ship are listed, each with its text', async () => {
  const response = await get('/third-party-licenses.txt')
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  const text = await response.text()
  const shipped = ['react', 'katex', 'mermaid', 'highlight.js', 'lowlight', 'marked', 'tailwindcss']
  for (const name of [
    ...shipped,
    '@fontsource-variable/atkinson-hyperlegible-next',
    '@radix-ui/react-dialog',
  ])
    expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(.+\\)\n\n\\S`, 'm'))
  expect(text).toContain('SIL OPEN FONT LICENSE')
})
