import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, conversation, messageField, noBrowser, written } from '../e2e/browser.ts'
import { expectAccessible, soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

/** JavaScript that a first visit and a plain conversation cost, compressed, in bytes. */
const MAX_SCRIPT_BYTES = 210_000
/** What the page fetches ahead for dialogs, once it has nothing better to do, is not part of that. */
const NEVER_IDLE = 'window.requestIdleCallback = () => 0'
const WIDTHS = [360, 390, 768, 1440, 2560, 3840]

/** Takes away what the oldest browsers that the page is for do not have. */
const OLDEST_BROWSERS = `
  delete window.SharedWorker
  delete Promise.withResolvers
  delete Promise.try
  delete URL.parse
  delete URL.canParse
  delete AbortSignal.any
  delete Object.groupBy
  delete Map.groupBy
  delete Array.fromAsync
  delete window.Iterator
  delete ReadableStream.prototype[Symbol.asyncIterator]
  delete Element.prototype.checkVisibility`

const world = shareWorld()

if (noBrowser) console.log(`skipped: ${noBrowser}`)

describe.skipIf(noBrowser)('loading the page', () => {
  test('the oldest browsers that the page is for send a first message, and show a reply with its links', async () => {
    const { page, faults } = await world.visit({ initScript: OLDEST_BROWSERS })
    await page.reload()
    world.upstream.reply({ tokens: ['Leia [isto](https://example.org/).'] })
    await ask(page, 'Onde?')
    await page.getByRole('button', { name: 'Gerar outra resposta' }).waitFor()
    expect(await page.getByRole('link', { name: 'isto' }).getAttribute('href')).toBe('https://example.org/')
    expect(faults).toEqual([])
  })

  test('a first visit with a plain conversation costs less than 210 kB of JavaScript, and asks nobody else', async () => {
    const { page, context } = await world.visit({ initScript: NEVER_IDLE })
    const requested: string[] = []
    context.on('request', request => requested.push(request.url()))
    await page.reload()
    await ask(page, 'Quais?')
    await page.getByRole('button', { name: 'Gerar outra resposta' }).waitFor()
    const scripts = new Set(requested.filter(url => new URL(url).pathname.endsWith('.js')))
    let bytes = 0
    for (const script of scripts) bytes += gzipSync(await (await fetch(script)).text()).length
    expect(scripts.size).toBeGreaterThan(0)
    expect(bytes).toBeLessThan(MAX_SCRIPT_BYTES)
    expect(requested.filter(url => new URL(url).origin !== world.server.url)).toEqual([])
  })

  test('what is typed before the script is there is kept, in the message and in the search, and so is the place', async () => {
    const person = await world.visit()
    world.upstream.replyOnce({ tokens: ['Fala do oceano.'] })
    await ask(person.page, 'Fale do mar')
    await conversation(person.page).getByText('Fala do oceano.').waitFor()
    for (const role of ['textbox', 'searchbox'] as const) {
      const page = await person.context.newPage()
      const scripts = Promise.withResolvers<void>()
      await page.route('**/*.js', async route => {
        await scripts.promise
        await route.continue()
      })
      await page.goto('/', { waitUntil: 'commit' })
      const field = page.getByRole(role)
      await field.pressSequentially('oceano')
      scripts.resolve()
      await page.locator('nav [aria-busy="true"]').waitFor({ state: 'detached' })
      expect(await field.inputValue()).toBe('oceano')
      expect(await field.evaluate(element => element === document.activeElement)).toBe(true)
      if (role === 'searchbox') await page.locator('[data-hit]').first().waitFor()
      await page.close()
    }
    expect(person.faults).toEqual([])
  })

  test.each([
    ['script', 'in ten seconds', /\/assets\/chat-[^/]*\.js$/],
    ['text', 'at once', /\/assets\/pt-BR-[^/]*\.js$/],
  ])('a page whose %s cannot be fetched says so %s, and how to go on', async (_, when, missing) => {
    await using context = await world.browser.newContext({ baseURL: world.server.url, locale: 'pt-BR' })
    let isMissing = true
    await context.route(missing, route => (isMissing ? route.abort() : route.continue()))
    const page = await context.newPage()
    await page.goto('/')
    const told = page.getByRole('alert').filter({ hasText: 'Está demorando mais do que devia.' })
    if (when === 'at once') await told.waitFor()
    await moveAnimationTo(page, 'late', 9_900)
    expect(await told.isVisible()).toBe(when === 'at once')
    await moveAnimationTo(page, 'late', 10_000)
    expect(await told.isVisible()).toBe(true)
    await expectAccessible(page, 'without its script')
    isMissing = false
    await page.getByRole('link', { name: 'Recarregar' }).click()
    await page.locator('#late').waitFor({ state: 'detached' })
    await page.getByRole('textbox').waitFor()
  })

  test('a browser without scripts is told that the page needs them', async () => {
    await using context = await world.browser.newContext({
      baseURL: world.server.url,
      locale: 'es',
      javaScriptEnabled: false,
    })
    const page = await context.newPage()
    await page.goto('/')
    const told = page.locator('noscript p')
    await told.waitFor()
    expect(await told.innerText()).toBe('Esta página necesita JavaScript.')
  })

  test('no width makes the page scroll sideways', async () => {
    const { page } = await world.visit()
    await ask(page, 'Quais?')
    await written(page)
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 })
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      expect(overflow, `${width} px`).toBeLessThanOrEqual(0)
    }
  })

  test('what only another version of the page has is said to be there, and a reload gets it', async () => {
    const { page } = await world.visit()
    await page.route('**/assets/searchResults-*.js', route => route.fulfill({ status: 404 }))
    await page.reload()
    await messageField(page).fill('um rascunho')
    await page.getByRole('searchbox').fill('rios')
    const notice = page.getByRole('alert').filter({ hasText: 'Há uma versão nova desta página' })
    await notice.waitFor()
    await expectAccessible(page, 'outdated')
    await page.unroute('**/assets/searchResults-*.js')
    await notice.getByRole('button', { name: 'Recarregar' }).click()
    await soon(() => messageField(page).inputValue()).toBe('um rascunho')
    await page.getByRole('searchbox').fill('rios')
    await page.getByText('Nada encontrado', { exact: false }).waitFor()
  })

  test('what a proxy shows in the place of the page is not kept as the page', async () => {
    const { page, context } = await world.visit()
    await page.evaluate(() => navigator.serviceWorker.ready)
    const shell = () => page.evaluate(async () => (await (await caches.match('/'))?.text())?.length ?? 0)
    await soon(shell).toBeGreaterThan(1000)
    const before = await shell()
    const [worker] = context.serviceWorkers()
    await worker?.evaluate(() => {
      const fetchPage = globalThis.fetch
      globalThis.fetch = async (...given) =>
        given[0] === '/'
          ? new Response('<p>Em manutenção</p>', { headers: { 'content-type': 'text/html' } })
          : fetchPage(...given)
    })
    await worker?.evaluate('refresh()')
    expect(await shell()).toBe(before)
  })

  test('the page opens without a server, and says so', async () => {
    const { page, context } = await world.visit()
    await page.evaluate(() => navigator.serviceWorker.ready)
    await page.waitForFunction(
      async () => (await caches.keys()).length > 0 && (await caches.match('/')) !== undefined,
    )
    await context.setOffline(true)
    await page.goto('/c/01a20746-b67c-74bd-afcd-c3ee5055af12')
    await page.getByText('Não conseguimos falar com o servidor', { exact: false }).first().waitFor()
    const kept = await page.evaluate(async () => {
      const caches_ = await Promise.all(
        (await caches.keys()).map(async name => (await caches.open(name)).keys()),
      )
      return caches_.flat().map(({ url }) => new URL(url).pathname)
    })
    expect(kept.filter(path => path !== '/' && !path.startsWith('/assets/'))).toEqual([])
  })
})

/** Goes on with an animation as if it had run for so many milliseconds. Fails when it does not run any more. */
async function moveAnimationTo(page: Page, name: string, milliseconds: number): Promise<void> {
  const moved = await page.evaluate(
    ({ name, milliseconds }) => {
      const running = document
        .getAnimations()
        .filter(animation => animation instanceof CSSAnimation && animation.animationName === name)
      for (const animation of running) {
        // Paused, because on a busy machine the last tenth of a second passes before the test looks.
        animation.pause()
        animation.currentTime = milliseconds
      }
      return running.length
    },
    { name, milliseconds },
  )
  expect(moved).toBe(1)
}
