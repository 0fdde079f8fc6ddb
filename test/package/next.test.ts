import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { checkCases } from '../conformance/case.ts'
import { createSession } from '../conformance/session.ts'
import { CASES } from '../conformance/suite.ts'
import { launchBrowser, noBrowser } from '../e2e/browser.ts'
import { readersOf, TestClient } from '../harness/client.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'
import { buildNextApp, type Program, startProgram } from './packed.ts'

const tarball = inject('tarball')
let browser: Browser

beforeAll(async () => {
  if (!noBrowser) browser = await launchBrowser()
}, 300_000)

afterAll(async () => {
  if (!noBrowser) await browser.close()
})

/** Cases about what only a listening server decides. */
const OF_THE_HOST = ['rate-limit', 'heartbeat', 'host-unknown']

describe.each(['15.5.29', '16.4.6'])('Next.js %s', version => {
  let app: TestFolder
  let upstream: Upstream
  let database: TestFolder

  beforeAll(async () => {
    app = await buildNextApp(tarball, version)
    upstream = await createUpstream()
    database = await temporaryFolder()
  }, 600_000)

  afterAll(async () => {
    await upstream.close()
    await app[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  })

  const start = (env: Record<string, string>): Promise<Program> =>
    startProgram(['npx', 'next', 'start', '-H', '127.0.0.1', '-p', '0'], {
      folder: app.path,
      env: { NODE_ENV: 'production', ...env },
      ready: /Local: +(http\S+)[\s\S]*Ready/,
    })
  const connected = () => ({
    DATABASE_URL: `file:${join(database.path, 'riacho.db')}`,
    OPENAI_BASE_URL: upstream.url,
    OPENAI_MODEL: 'test-model',
  })

  test('the mounted handler keeps the wire', { timeout: 300_000 }, async () => {
    await using folder = await temporaryFolder()
    await using server = await start({ DATABASE_URL: `file:${join(folder.path, 'riacho.db')}` })
    using session = createSession(`${server.url}/open`)
    const cases = CASES.filter(({ id }) => !OF_THE_HOST.includes(id))
    const results = await checkCases(cases, session)
    const others = results.filter(({ outcome }) => outcome !== 'passed')
    expect(others.map(({ case: { id }, outcome, reason }) => ({ id, outcome, reason }))).toEqual([])
  })

  test('a reader that leaves is gone at once, 1,000 times', { timeout: 120_000 }, async () => {
    await using server = await start(connected())
    const client = new TestClient(`${server.url}/open`)
    const gate = upstream.hold({ tokens: ['Um', ' dois'] })
    await using live = await client.send({ content: 'Conte' })
    await gate.next()
    await live.untilText('Um')
    const { runId } = live.start
    for (let round = 0; round < 100; round++) {
      const readers = await Promise.all(Array.from({ length: 10 }, () => client.follow(runId)))
      await Promise.all(readers.map(reader => reader.untilText('Um')))
      await Promise.all(readers.map(reader => reader.cut()))
    }
    await expect.poll(() => readersOf(client), { timeout: 1000 }).toBe(1)
    gate.open()
    expect((await live.end()).status).toBe('completed')
  })

  describe.skipIf(noBrowser)('in a browser', () => {
    async function enter(url: string): Promise<Page> {
      const context = await browser.newContext({ baseURL: url })
      const page = await context.newPage()
      await enterAs(page, 'Ana')
      return page
    }

    async function enterAs(page: Page, name: string): Promise<void> {
      await page.goto('/entrar')
      await page.fill('input[name=user]', name)
      await page.click('button')
      await page.waitForURL(address => address.pathname === '/')
    }

    async function ask(page: Page, content: string): Promise<void> {
      await page.fill('input[aria-label=Mensagem]', content)
      await page.keyboard.press('Enter')
    }
    const reply = (page: Page) => page.locator('li').last()

    test('a reply streams, survives a reload, is read in a second tab, and Stop ends it', async () => {
      await using server = await start(connected())
      const page = await enter(server.url)
      const gate = upstream.hold({ tokens: ['Um', ' dois', ' três'] })
      await ask(page, 'Conte')
      await gate.next(2)
      await expect.poll(() => reply(page).textContent()).toBe('Um dois')
      await page.reload()
      await expect.poll(() => reply(page).textContent()).toBe('Um dois')
      const second = await page.context().newPage()
      await second.goto(page.url())
      await expect.poll(() => reply(second).textContent()).toBe('Um dois')
      await second.click('text=Parar')
      await expect.poll(() => page.locator('button').textContent()).toBe('Enviar')
      await expect.poll(() => reply(page).textContent()).toBe('Um dois')
      await page.context().close()
    })

    describe('the page that Riacho draws whole', () => {
      const last = (page: Page) => page.locator('[data-message]').last()

      async function open(page: Page): Promise<void> {
        await page.goto('/completo')
        await page.locator('[data-composer]').waitFor()
      }

      test('a reply streams, survives a reload, is read in a second tab, and Stop ends it', async () => {
        await using server = await start(connected())
        const page = await enter(server.url)
        await open(page)
        const gate = upstream.hold({ tokens: ['Um', ' dois', ' três'] })
        await page.fill('[data-composer]', 'Conte')
        await page.keyboard.press('Enter')
        await gate.next(2)
        await last(page).getByText('Um dois', { exact: true }).waitFor()
        await page.reload()
        await last(page).getByText('Um dois', { exact: true }).waitFor()
        const second = await page.context().newPage()
        await open(second)
        await second.getByRole('navigation').getByText('Conte', { exact: true }).first().click()
        await last(second).getByText('Um dois', { exact: true }).waitFor()
        await second.getByRole('button', { name: 'Parar resposta' }).click()
        await page.getByRole('button', { name: 'Enviar mensagem' }).waitFor()
        await last(page).getByText('Um dois', { exact: true }).waitFor()
        expect(await page.title()).toBe('Atendimento')
        expect(new URL(page.url()).pathname).toBe('/completo')
        await page.context().close()
      })

      test('another person in the same browser sees nothing of the one before', async () => {
        await using server = await start(connected())
        const page = await enter(server.url)
        await open(page)
        await page.fill('[data-composer]', 'só da Ana')
        await enterAs(page, 'Bia')
        await open(page)
        await expect.poll(() => page.inputValue('[data-composer]')).toBe('')
        expect(await page.locator('.riacho').textContent()).not.toContain('Conte')
        await enterAs(page, 'Ana')
        await open(page)
        await expect.poll(() => page.inputValue('[data-composer]')).toBe('só da Ana')
        await page.context().close()
      })
    })

    test('after kill -9 in the middle nothing that was shown is lost', async () => {
      const settings = connected()
      const gate = upstream.hold({ tokens: ['Um', ' dois', ' três'] })
      const first = await start(settings)
      const page = await enter(first.url)
      await ask(page, 'Conte')
      await gate.next(2)
      await expect.poll(() => reply(page).textContent()).toBe('Um dois')
      const shown = (await reply(page).textContent()) ?? ''
      const path = new URL(page.url()).search
      const cookies = await page.context().cookies()
      await first.kill()
      gate.open()
      await using next = await start(settings)
      const context = await browser.newContext({ baseURL: next.url })
      await context.addCookies(cookies.map(({ name, value }) => ({ name, value, url: next.url })))
      const later = await context.newPage()
      await later.goto(`/${path}`)
      await expect.poll(() => reply(later).textContent()).toBe(shown)
      await page.context().close()
      await context.close()
    })
  })

  test('what the app refuses is told in its own words', async () => {
    await using server = await start(connected())
    const answer = await new TestClient(server.url).post('/api/chat/send', { content: '' })
    expect([answer.status, answer.body]).toEqual([401, { error: 'Entre para conversar.' }])
  })
})
