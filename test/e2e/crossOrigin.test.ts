import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer, type TestServer } from '../harness/server.ts'
import { type Site, startSite } from '../harness/site.ts'
import { AUDIENCE, claims, SECRET, signWithSecret } from '../harness/tokenHost.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'
import { launchBrowser, noBrowser } from './browser.ts'

/** The files of `riacho/client`, as the package has them, by their paths. */
async function bundledClient() {
  const entry = join(import.meta.dirname, '..', '..', 'src', 'browser', 'createChatClient.ts')
  const built = await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: { write: false, target: 'es2023', lib: { entry, formats: ['es'], fileName: 'client' } },
  })
  const [{ output }] = built as unknown as [{ output: { fileName: string; code: string }[] }]
  return Object.fromEntries(
    output.map(({ fileName, code }) => [`/${fileName}`, { type: 'text/javascript', content: code }]),
  )
}

interface Sent {
  method?: string
  headers?: Record<string, string>
  body?: string
  credentials?: 'include'
}

describe.skipIf(noBrowser)('a page of another origin', () => {
  let browser: Browser
  let upstream: Upstream
  let app: Site
  let stranger: Site
  let server: TestServer

  beforeAll(async () => {
    browser = await launchBrowser()
    upstream = await createUpstream()
    app = await startSite({
      '/': `<script type="module">
        import { createChatClient } from '/client.js'
        window.createChatClient = createChatClient
      </script>`,
      ...(await bundledClient()),
    })
    stranger = await startSite({ '/': '<title>Stranger</title>' })
    server = await startServer({
      upstream,
      settings: {
        HOST_TOKEN_SECRET: SECRET,
        HOST_TOKEN_AUDIENCE: AUDIENCE,
        CORS_ORIGINS: app.origin,
        TITLES: 'words',
      },
    })
  })

  afterAll(async () => {
    await browser.close()
    await server[Symbol.asyncDispose]()
    await app[Symbol.asyncDispose]()
    await stranger[Symbol.asyncDispose]()
    await upstream.close()
  })

  test('that is named talks by riacho/client, and shows nothing of the person before', async () => {
    const page = await open(app)
    upstream.replyOnce({ tokens: ['Olá, ', 'Bia.'] })
    const tokens = [
      await signWithSecret(claims({ sub: 'bia' })),
      await signWithSecret(claims({ sub: 'caio' })),
    ]
    const seen = await page.evaluate(
      async ({ baseUrl, tokens: [bia = '', caio = ''] }) => {
        const { createChatClient } = window as unknown as {
          createChatClient: typeof import('../../src/browser/createChatClient.ts').createChatClient
        }
        let token = bia
        const client = createChatClient({ baseUrl, token: () => token })
        const until = (test: () => boolean) =>
          new Promise<void>(resolve => {
            const stop = client.subscribe(() => {
              if (!test()) return
              stop()
              resolve()
            })
          })
        const stop = client.start()
        const answered = until(() => client.getSnapshot().messages.length === 2)
        client.send('Oi')
        await answered
        const [, reply] = client.getSnapshot().messages
        const forgotten = until(() => client.getSnapshot().messages.length === 0)
        token = caio
        client.refresh()
        await forgotten
        stop()
        return { parts: reply?.parts, failure: client.getSnapshot().failure }
      },
      { baseUrl: server.url, tokens },
    )
    expect(seen).toEqual({ parts: [{ id: '1', type: 'text', text: 'Olá, Bia.' }], failure: null })
    await page.context().close()
  })

  /** What a page gets of a call: status, body and `Location`, or that the browser gave it nothing. */
  const call = (page: Page, path: string, init: Sent) =>
    page.evaluate(
      async ({ url, init }) => {
        try {
          const answer = await fetch(url, init)
          return [answer.status, await answer.text(), answer.headers.get('location')] as const
        } catch (error) {
          return [0, String(error), null] as const
        }
      },
      { url: server.url + path, init },
    )

  const sending = (token: string | undefined): Sent => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ content: 'Oi' }),
  })

  async function open(site: Site): Promise<Page> {
    const page = await (await browser.newContext()).newPage()
    await page.goto(site.origin)
    return page
  }

  test('that is named sends with a token, reads the stream, and follows it by its Location', async () => {
    const page = await open(app)
    const token = await signWithSecret(claims())
    upstream.replyOnce({ tokens: ['Olá, ', 'Ana.'] })
    const [status, stream, location] = await call(page, '/api/chat/send', sending(token))
    expect(status).toBe(200)
    expect(stream).toContain('"Olá, ')
    expect(location).toMatch(/^\/api\/chat\/runs\/[\w-]+\/events$/)
    const authorization = `Bearer ${token}`
    const after = { headers: { authorization, 'last-event-id': '1' } }
    const [again, rest] = await call(page, location ?? '', after)
    expect([again, rest]).toEqual([200, expect.stringMatching(/^id: 2\n[\s\S]*event: run-end/)])
    const [refused, body] = await call(page, '/api/chat/conversations/x', { headers: { authorization } })
    expect([refused, JSON.parse(body).code]).toEqual([400, 'INVALID_REQUEST'])
    await page.context().close()
  })

  test('that is named gets nothing by the cookie of the browser', async () => {
    const page = await open(app)
    const before = server.rows('select id from messages')
    const own = await page.context().newPage()
    await own.goto(`${server.url}/api/chat/conversations`)
    expect((await page.context().cookies(server.url)).map(({ name }) => name)).toContain('riacho_session')
    const [status, body] = await call(page, '/api/chat/conversations', {})
    expect([status, JSON.parse(body).code]).toEqual([401, 'UNAUTHENTICATED'])
    // The browser gives no answer to a page that sends cookies along, because the answer does not allow them.
    expect((await call(page, '/api/chat/conversations', { credentials: 'include' }))[0]).toBe(0)
    expect((await call(page, '/api/chat/send', { ...sending(undefined), credentials: 'include' }))[0]).toBe(0)
    expect(server.rows('select id from messages')).toEqual(before)
    await page.context().close()
  })

  test('that is not named gets nothing, and its message never arrives', async () => {
    const page = await open(stranger)
    const token = await signWithSecret(claims())
    const before = server.rows('select id from messages')
    expect((await call(page, '/api/chat/send', sending(token)))[0]).toBe(0)
    expect((await call(page, '/api/chat/conversations', {}))[0]).toBe(0)
    expect(server.rows('select id from messages')).toEqual(before)
    await page.context().close()
  })
})
