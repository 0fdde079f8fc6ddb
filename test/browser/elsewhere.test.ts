import { describe, expect, test } from 'vitest'
import { LONG_REPLY } from '../../src/browser/systemNotices.ts'
import { ask, conversation, converse, lastReply, messageField, newPerson, noBrowser } from '../e2e/browser.ts'
import { expectAccessible, focused, PATIENT, soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import { openWorld, startServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { createUpstream } from '../upstream/upstream.ts'

const world = shareWorld()

describe.skipIf(noBrowser)('what happens elsewhere', PATIENT, () => {
  test('a reply that ends while another conversation is read marks its own, until that is opened', async () => {
    const { page, faults } = await world.visit()
    await converse(page, world, { question: 'Primeira', answer: 'Um.' })
    const first = page.url()
    const gate = world.upstream.hold({ tokens: ['Dois', ' e fim.'] })
    await ask(page, 'Segunda')
    await gate.next()
    await lastReply(page).getByText('Dois').waitFor()
    await page.getByRole('link', { name: 'Nova conversa' }).first().click()
    await soon(() => page.url()).not.toBe(first)
    gate.open()
    const row = page.locator('nav [data-row]').first()
    await row.getByText('Resposta nova').waitFor({ state: 'attached' })
    await expectAccessible(page, 'unread')
    await row.click()
    await lastReply(page).getByText('Dois e fim.').waitFor()
    await soon(() => row.getByText('Resposta nova').count()).toBe(0)
    expect(faults).toEqual([])
  })

  test('a copy says that one is in it, and leads back to the original', async () => {
    const { page, faults } = await world.visit()
    await converse(page, world, { question: 'Um?', answer: 'Um rio.' })
    const original = page.url()
    await page.getByRole('button', { name: 'Criar uma cópia a partir daqui' }).last().click()
    await page.getByText('Você está na cópia.', { exact: false }).waitFor()
    await conversation(page).getByText('Um rio.').waitFor()
    await page.getByRole('button', { name: 'Voltar à original' }).click()
    await soon(() => page.url()).toBe(original)
    await soon(() => page.getByText('Você está na cópia.', { exact: false }).count()).toBe(0)
    expect(faults).toEqual([])
  })

  test('where something on the way drops cookies, nothing is sent, the page says so, and the text stays', async () => {
    const { page, context } = await world.visit()
    await context.clearCookies()
    await context.route('**/*', async route => {
      const { cookie: _, ...headers } = await route.request().allHeaders()
      // The context keeps what a fetch of the test gets.
      await context.clearCookies()
      const response = await route.fetch({ headers })
      await context.clearCookies()
      const { 'set-cookie': __, ...kept } = response.headers()
      await route.fulfill({ response, headers: kept })
    })
    await page.reload()
    await page.getByRole('alert').getByText('não guarda cookies', { exact: false }).waitFor()
    await ask(page, 'Olá daqui')
    expect(await messageField(page).inputValue()).toBe('Olá daqui')
    expect(world.server.rows('select id from messages').length).toBe(0)
    expect(world.upstream.requests.length).toBe(0)
    await context.unrouteAll({ behavior: 'wait' })
  })

  test('a page whose files are not where it looks, as under a sub-path, says why, and no logo fills it', async () => {
    const { page } = await world.visit()
    await page.route('**/assets/**', route => route.fulfill({ status: 404 }))
    await page.reload()
    await page.getByText('precisa estar na raiz do endereço', { exact: false }).waitFor()
    const widths = await page.evaluate(() =>
      [...document.querySelectorAll('svg')].map(svg => svg.getBoundingClientRect().width),
    )
    expect(Math.max(...widths)).toBeLessThan(64)
  })

  test('after a first visit the page opens offline, with all that it had fetched', async () => {
    const { page, context } = await world.visit()
    const missing = () =>
      page.evaluate(async () => {
        const cache = await caches.open('riacho-shell')
        const paths = performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)
        const assets = [...new Set(paths.filter(path => path.startsWith('/assets/')))]
        const kept = await Promise.all([...assets, '/'].map(path => cache.match(path)))
        return kept.filter(response => !response).length
      })
    await expect.poll(missing, { timeout: 30_000 }).toBe(0)
    await context.setOffline(true)
    await page.reload()
    await page.getByText('Você está sem conexão', { exact: false }).waitFor()
    expect(await messageField(page).isVisible()).toBe(true)
  })

  test('a search lights its words in the message that it leads to', async () => {
    const { page, faults } = await world.visit()
    await converse(page, world, {
      question: 'Onde?',
      answer: 'A **água** corre para o mar, e a agua volta.',
      seen: 'corre',
    })
    await page.getByRole('link', { name: 'Nova conversa' }).first().click()
    await page.locator('input[data-search]:visible').fill('agua')
    const hit = page.locator('a[data-hit]').first()
    await hit.waitFor()
    expect(await hit.innerText()).toContain('A água corre')
    await hit.click()
    await soon(() => page.evaluate(() => CSS.highlights.get('found')?.size)).toBe(2)
    expect(faults).toEqual([])
  })

  test('who asks to be told of a long reply is told when it ends out of sight', async () => {
    await using upstream = await createUpstream()
    const clock = createShiftedClock()
    await using server = await startServer({ upstream, clock, hasPages: true })
    await using person = await newPerson(world.browser, { url: server.url, initScript: RECORD_NOTICES })
    const { page, context, faults, openTab } = person
    await context.grantPermissions(['notifications'])
    await page.clock.install()
    const gate = upstream.hold({ tokens: ['Devagar', ' e sempre.'] })
    await ask(page, 'Conte')
    await gate.next()
    await lastReply(page).getByText('Devagar').waitFor()
    clock.shift(LONG_REPLY)
    await page.clock.runFor(LONG_REPLY)
    await page.getByText('Está demorando.', { exact: false }).waitFor()
    await page.getByText('Esperando o modelo continuar…').waitFor()
    await expectAccessible(page, 'offer')
    await page.getByRole('button', { name: 'Avisar', exact: true }).click()
    const hidden = await openTab(new URL(page.url()).pathname)
    await hidden.getByText('Devagar').waitFor()
    await hidden.evaluate(`Object.defineProperty(document, 'visibilityState', { value: 'hidden' })`)
    await page.getByRole('link', { name: 'Nova conversa' }).first().click()
    gate.open()
    for (const tab of [page, hidden])
      await soon(() => tab.evaluate('window.noticed')).toEqual(['A resposta terminou.'])
    expect(faults).toEqual([])
  })

  test('a long reply that grows does not ask the browser for its permission at each draw', async () => {
    await using upstream = await createUpstream()
    await using server = await startServer({ upstream, hasPages: true })
    await using person = await newPerson(world.browser, { url: server.url, initScript: COUNT_PERMISSIONS })
    const { page, context } = person
    await context.grantPermissions(['notifications'])
    await page.clock.install()
    const gate = upstream.hold({ tokens: Array.from({ length: 10 }, (_, index) => `Palavra ${index}. `) })
    await ask(page, 'Conte')
    await gate.next()
    await lastReply(page).getByText('Palavra 0.').waitFor()
    await page.clock.runFor(LONG_REPLY)
    await page.getByText('Está demorando.', { exact: false }).waitFor()
    const before = await page.evaluate('window.permissions')
    expect(before).toBeGreaterThan(0)
    for (let word = 1; word < 10; word++) {
      await gate.next()
      await lastReply(page).getByText(`Palavra ${word}.`).waitFor()
    }
    expect(await page.evaluate('window.permissions')).toBe(before)
  })

  test('the guide offers its questions as buttons, and a press asks one', async () => {
    await using guided = await openWorld({ OPENAI_BASE_URL: '', OPENAI_API_KEY: '', OPENAI_MODEL: '' })
    await using person = await newPerson(world.browser, { url: guided.server.url })
    const { page, faults } = person
    await ask(page, 'O que é o Riacho?')
    const suggested = conversation(page).getByRole('button', { name: 'Como instalo e começo a usar?' })
    await suggested.waitFor({ timeout: 60_000 })
    await expectAccessible(page, 'suggestions')
    await suggested.press('Enter')
    await conversation(page).getByText('Como instalo e começo a usar?').last().waitFor()
    await soon(() => guided.server.rows(`select id from messages where role = 'USER'`).length).toBe(2)
    await soon(() => focused(page).getAttribute('aria-label')).toBe('Mensagem')
    expect(faults).toEqual([])
  })
})

/** Notes what the system is asked to show. */
const COUNT_PERMISSIONS = `
  window.permissions = 0
  window.Notification = class {
    static get permission() {
      window.permissions += 1
      return 'granted'
    }
  }`
const RECORD_NOTICES = `
  window.noticed = []
  window.Notification = class {
    static permission = 'granted'
    static requestPermission = async () => 'granted'
    constructor(_, { body }) { noticed.push(body) }
    close() {}
  }`
