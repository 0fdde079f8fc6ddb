import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, FrameLocator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer, type TestServer } from '../harness/server.ts'
import { type Site, startSite } from '../harness/site.ts'
import { AUDIENCE, claims, SECRET, signWithSecret } from '../harness/tokenHost.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'
import { launchBrowser, noBrowser } from './browser.ts'
import { PATIENT } from './page.ts'

/** A port that was free a moment ago. The app and Riacho have to know each other's address before both listen. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

async function startExample(env: Record<string, string>): Promise<AsyncDisposable> {
  const file = join(import.meta.dirname, '..', '..', 'examples', 'widget', 'server.mjs')
  const child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return {
    async [Symbol.asyncDispose]() {
      child.kill()
      await once(child, 'exit')
    },
  }
}

describe.skipIf(noBrowser)('the widget in a page of another site', PATIENT, () => {
  let browser: Browser
  let upstream: Upstream
  let server: TestServer
  let app: Site
  let stranger: Site
  /** Who is signed in at the app; `''` is nobody. */
  let user = 'ana'
  let tokensMade = 0

  /** A page with the widget, whose styles and policy are as hostile as they come. */
  const pageOf = (url: string) => `<!doctype html><html lang="en"><title>App</title>
    <meta http-equiv="content-security-policy" content="default-src 'none'; connect-src 'self'; frame-src ${url};
      script-src 'nonce-n' ${url}; style-src 'nonce-n'; img-src 'self'">
    <style nonce="n">* { font-size: 40px !important; display: block !important; color: red !important } iframe { display: none !important }</style>
    <button id="own">Own button</button>
    <script nonce="n">
      own.onclick = () => { own.textContent = 'clicked' }
      window.Riacho = [{ token: () => fetch('/token').then(answer => answer.text()).then(text => text || null) }]
    </script>
    <script async src="${url}/widget.js"></script>`

  beforeAll(async () => {
    browser = await launchBrowser()
    upstream = await createUpstream()
    // The app knows the address of Riacho and Riacho that of the app, so the pages are made when they are asked for.
    const made = { page: () => pageOf(server.url), token: async () => token() }
    app = await startSite({
      '/': made.page,
      '/own-script': () =>
        made.page().replace(`src="${server.url}/`, `nonce="n" data-url="${server.url}/" src="/`),
      '/widget.js': async () => {
        const content = await (
          await fetch(`${server.url}/widget.js`, { headers: { connection: 'close' } })
        ).text()
        return { type: 'text/javascript', content }
      },
      '/token': made.token,
      '/favicon.ico': '',
    })
    stranger = await startSite({ '/': made.page, '/token': made.token, '/favicon.ico': '' })
    server = await startServer({
      upstream,
      hasPages: true,
      settings: {
        HOST_TOKEN_SECRET: SECRET,
        HOST_TOKEN_AUDIENCE: AUDIENCE,
        HOST_TOKEN_REQUIRED: 'true',
        FRAME_ANCESTORS: app.origin,
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

  async function token(): Promise<string> {
    tokensMade += 1
    return user === '' ? '' : signWithSecret(claims({ sub: user }))
  }

  async function visit(site: Pick<Site, 'origin'>, size = { width: 1000, height: 800 }) {
    const context = await browser.newContext({ viewport: size, locale: 'en' })
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    const warnings: string[] = []
    page.on('console', message => {
      if (['warning', 'error'].includes(message.type())) warnings.push(message.text())
    })
    await page.goto(site.origin)
    return {
      page,
      context,
      warnings,
      frame: page.frameLocator('iframe'),
      launcher: page.locator('.launcher'),
    }
  }

  const composer = (frame: FrameLocator) => frame.getByLabel('Message', { exact: true })
  const focused = (page: Page) =>
    page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.className)

  test('opens, takes a token, and answers; nothing of the site changes, and no cookie is kept', async () => {
    user = 'ana'
    const { page, context, frame, launcher, warnings } = await visit(app)
    await launcher.waitFor()
    expect(await page.locator('iframe').count()).toBe(0)
    expect(await launcher.getAttribute('aria-label')).toBe('Open the chat')
    await launcher.click()
    upstream.replyOnce({ tokens: ['Hello, ', 'Ana.'] })
    await composer(frame).fill('Hi')
    await composer(frame).press('Enter')
    await frame.getByText('Hello, Ana.').waitFor()
    expect(await launcher.getAttribute('aria-expanded')).toBe('true')
    expect(await context.cookies()).toEqual([])
    await page.locator('#own').click()
    expect(await page.locator('#own').textContent()).toBe('clicked')
    expect(warnings).toEqual([])
    expect(server.rows('select distinct owner_id from conversations')).toEqual([{ owner_id: 'host:ana' }])
    await context.close()
  })

  test('the focus goes in and comes back, Escape closes on both sides, and what is there stays', async () => {
    const { page, context, frame, launcher } = await visit(app)
    await launcher.focus()
    await page.keyboard.press('Enter')
    await composer(frame).waitFor()
    await expect.poll(() => composer(frame).evaluate(field => field === document.activeElement)).toBe(true)
    await page.keyboard.type('half a thought')
    await page.keyboard.press('Escape')
    await expect.poll(() => focused(page)).toBe('launcher')
    expect(await launcher.getAttribute('aria-expanded')).toBe('false')
    expect(await page.locator('.box').isVisible()).toBe(false)
    await page.keyboard.press('Enter')
    await expect.poll(() => composer(frame).evaluate(field => field === document.activeElement)).toBe(true)
    expect(await composer(frame).inputValue()).toBe('half a thought')
    await launcher.focus()
    await page.keyboard.press('Escape')
    expect(await page.locator('.box').isVisible()).toBe(false)
    expect(await page.locator('iframe').count()).toBe(1)
    await context.close()
  })

  test('a dialog in the frame takes Escape for itself', async () => {
    const { page, context, frame, launcher } = await visit(app)
    await launcher.click()
    await frame.getByRole('button', { name: 'Open the list of conversations' }).click()
    await frame.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await frame.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await launcher.getAttribute('aria-expanded')).toBe('true')
    await context.close()
  })

  test('on a small screen it has the whole screen, and a button to close it', async () => {
    const { page, context, frame, launcher } = await visit(app, { width: 390, height: 700 })
    await launcher.click()
    await composer(frame).waitFor()
    expect(await page.locator('.box').boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 700 })
    await page.locator('.bar button').click()
    expect(await launcher.isVisible()).toBe(true)
    await context.close()
  })

  test('the site may serve the script itself, and then it says where Riacho is', async () => {
    const { page, context, frame, launcher } = await visit({ origin: `${app.origin}/own-script` })
    await launcher.click()
    await composer(frame).waitFor()
    expect(page.frames().map(each => new URL(each.url()).origin)).toEqual([app.origin, server.url])
    await context.close()
  })

  test('another person sees nothing of the one before, and a token is asked for when it is needed', async () => {
    user = 'ana'
    const { page, context, frame, launcher } = await visit(app)
    await launcher.click()
    await frame.getByRole('button', { name: 'Open the list of conversations' }).click()
    await frame.getByRole('dialog').getByText('Hi', { exact: true }).waitFor()
    await page.keyboard.press('Escape')
    const made = tokensMade
    await composer(frame).fill('Oi de novo')
    expect(tokensMade).toBe(made)
    user = 'bia'
    await page.evaluate(() => {
      const { Riacho } = window as unknown as { Riacho: { push(command: object): void } }
      Riacho.push({ token: () => fetch('/token').then(answer => answer.text()) })
    })
    await expect.poll(() => composer(frame).inputValue()).toBe('')
    await frame.getByRole('button', { name: 'Open the list of conversations' }).click()
    await frame.getByRole('dialog').getByText('Your conversations will appear here.').waitFor()
    expect(await frame.getByText('Hi', { exact: true }).count()).toBe(0)
    await context.close()
  })

  test('a site that is not named gets no frame, keeps its page usable, and is told why', async () => {
    const { page, context, launcher, warnings } = await visit(stranger)
    await page.clock.install()
    await launcher.click()
    await page.locator('iframe').waitFor({ state: 'attached' })
    expect(await page.locator('.box').isVisible()).toBe(false)
    await page.locator('#own').click()
    await page.clock.runFor(10_000)
    await page.locator('iframe').waitFor({ state: 'detached' })
    expect(warnings.join('\n')).toContain('FRAME_ANCESTORS may lack')
    expect(await launcher.getAttribute('aria-expanded')).toBe('false')
    await context.close()
  })

  test('the example works as its README says', async () => {
    const port = await freePort()
    const origin = `http://localhost:${port}`
    await using riacho = await startServer({
      upstream,
      hasPages: true,
      settings: {
        HOST_TOKEN_SECRET: SECRET,
        HOST_TOKEN_AUDIENCE: 'riacho',
        HOST_TOKEN_REQUIRED: 'true',
        FRAME_ANCESTORS: origin,
        TITLES: 'words',
      },
    })
    await using _ = await startExample({
      PORT: String(port),
      RIACHO_URL: riacho.url,
      HOST_TOKEN_SECRET: SECRET,
    })
    const { page, context, frame, launcher } = await visit({ origin })
    await page.getByRole('button', { name: 'Entrar' }).click()
    await page.getByText('person-1').waitFor()
    await launcher.click()
    upstream.replyOnce({ tokens: ['Pão de queijo.'] })
    await frame.getByLabel('Mensagem', { exact: true }).fill('O que tem hoje?')
    await frame.getByLabel('Mensagem', { exact: true }).press('Enter')
    await frame.getByText('Pão de queijo.').waitFor()
    expect(riacho.rows('select distinct owner_id from conversations')).toEqual([
      { owner_id: 'host:person-1' },
    ])
    await context.close()
  })

  test('the frame hears nobody but the page around it, at its origin', async () => {
    const { page, context, frame, launcher } = await visit(app)
    await launcher.click()
    await composer(frame).waitFor()
    const toForge = { riacho: 1, type: 'close' }
    await page.evaluate(message => window.postMessage(message, '*'), toForge)
    // A message of the page to itself does nothing, and neither does one of another version from the frame.
    const inner = page.frames().find(each => each.url().startsWith(server.url))
    await inner?.evaluate(() => window.parent.postMessage({ riacho: 2, type: 'close' }, '*'))
    await inner?.evaluate(() => window.parent.postMessage('close', '*'))
    expect(await launcher.getAttribute('aria-expanded')).toBe('true')
    await inner?.evaluate(() => window.parent.postMessage({ riacho: 1, type: 'close' }, '*'))
    await expect.poll(() => launcher.getAttribute('aria-expanded')).toBe('false')
    await context.close()
  })
})
