import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer, type TestServer } from '../harness/server.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'
import { launchBrowser, noBrowser } from './browser.ts'
import { PATIENT, soon } from './page.ts'

/** The page of an app, bundled as in development, so that React mounts everything twice. */
async function bundlePage(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    mode: 'development',
    define: { 'process.env.NODE_ENV': '"development"' },
    build: {
      write: false,
      minify: false,
      lib: { entry: join(import.meta.dirname, '..', 'ai-sdk', 'useChatPage.tsx'), formats: ['es'] },
    },
  })
  const [output] = [result].flat()
  const chunk = output && 'output' in output ? output.output[0] : undefined
  return chunk?.type === 'chunk' ? chunk.code : expect.fail('no bundle')
}

describe.skipIf(noBrowser)('useChat of the AI SDK', PATIENT, () => {
  let browser: Browser
  let upstream: Upstream
  let server: TestServer
  let code: string

  beforeAll(async () => {
    code = await bundlePage()
    browser = await launchBrowser()
    upstream = await createUpstream()
    server = await startServer({ upstream, settings: { TITLES: 'words' } })
  })

  afterAll(async () => {
    await browser.close()
    await server[Symbol.asyncDispose]()
    await upstream.close()
  })

  async function openApp(): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext({ baseURL: server.url })
    const body = '<!doctype html><div id="root"></div><script type="module" src="/app.js"></script>'
    await context.route(/\/app(\?.*)?$/, route => route.fulfill({ contentType: 'text/html', body }))
    await context.route('**/app.js', route => route.fulfill({ contentType: 'text/javascript', body: code }))
    return { context, page: await context.newPage() }
  }

  test('a reply streams, goes on after a reload in the middle, and Stop ends it', async () => {
    const { context, page } = await openApp()
    const told = () => page.locator('li').allTextContents()
    const status = () => page.locator('output').textContent()
    await page.goto('/app')
    const gate = upstream.hold({ tokens: ['Um', ' dois', ' três'] })
    await page.getByText('Enviar').click()
    await gate.next()
    await soon(told).toEqual(['Conte', 'Um'])
    await page.reload()
    await soon(told).toEqual(['Conte', 'Um'])
    await gate.next()
    await soon(told).toEqual(['Conte', 'Um dois'])
    expect(await status()).toBe('streaming')
    await page.getByText('Parar').click()
    await soon(status).toBe('ready')
    const path = `/api/chat/conversations/${new URL(page.url()).searchParams.get('chat')}`
    const stored = () => page.evaluate(async path => (await (await fetch(path)).json()).messages, path)
    await soon(async () => (await stored())[1]?.status).toBe('stopped')
    await page.reload()
    await soon(told).toEqual(['Conte', 'Um dois'])
    gate.open()
    await context.close()
  })
})
