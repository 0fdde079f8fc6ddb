import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer, type TestServer } from '../harness/server.ts'
import { type Site, startSite } from '../harness/site.ts'
import { AUDIENCE, claims, SECRET, signWithSecret } from '../harness/tokenHost.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'
import { launchBrowser, noBrowser } from './browser.ts'

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
    app = await startSite({ '/': '<title>App</title>' })
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
