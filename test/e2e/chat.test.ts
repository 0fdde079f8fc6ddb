import { describe, expect, test } from 'vitest'
import { ERROR_MESSAGES } from '../../src/protocol/errorMessages.ts'
import type { RunErrorCode } from '../../src/protocol/errors.ts'
import { openWorld, startProcess } from '../harness/server.ts'
import type { Scenario } from '../upstream/upstream.ts'
import { ask, conversation, lastReply, noBrowser, written } from './browser.ts'
import { soon } from './page.ts'
import { shareWorld } from './sharedWorld.ts'

if (noBrowser) console.log(`skipped: ${noBrowser}`)

const TOKENS = ['Olá!', ' São', ' três', ' **ações**', ' 👋🏽:', ' começar,', ' parar', ' e', ' voltar.']
const TEXT = 'Olá! São três ações 👋🏽: começar, parar e voltar.'
const IMPATIENT = { MAX_ATTEMPTS: '1', OPENAI_FIRST_BYTE_TIMEOUT_MS: '500', OPENAI_IDLE_TIMEOUT_MS: '500' }

const world = shareWorld()

describe.skipIf(noBrowser)('in a real browser', () => {
  test('a reply grows word by word, and the page logs no error', async () => {
    const { page, faults } = await world.visit()
    const gate = world.upstream.hold({ tokens: TOKENS })
    await ask(page, 'Quais?')
    await page.getByText('Escrevendo a resposta…').waitFor()
    await gate.next()
    await lastReply(page).getByText('Olá!').waitFor()
    await gate.next(2)
    await lastReply(page).getByText('Olá! São três').waitFor()
    gate.open()
    await lastReply(page).getByText('voltar.').waitFor()
    await written(page)
    expect(await lastReply(page).innerText()).toContain(TEXT)
    expect(await page.locator('strong', { hasText: 'ações' }).count()).toBe(1)
    expect(page.url()).toMatch(/\/c\/[\da-f-]{36}$/)
    expect(faults).toEqual([])
  })

  test('a reload in the middle loses nothing, and the reply goes on', async () => {
    const { page, faults } = await world.visit()
    const gate = world.upstream.hold({ tokens: TOKENS })
    await ask(page, 'Quais?')
    await gate.next(3)
    await lastReply(page).getByText('Olá! São três').waitFor()
    await page.reload()
    await lastReply(page).getByText('Olá! São três').waitFor()
    gate.open()
    await lastReply(page).getByText('voltar.').waitFor()
    expect(await lastReply(page).innerText()).toContain(TEXT)
    expect(world.upstream.requests.length).toBe(1)
    expect(faults).toEqual([])
  })

  test('a second tab shows the same reply, live', async () => {
    const { page, openTab, faults } = await world.visit()
    const gate = world.upstream.hold({ tokens: TOKENS })
    await ask(page, 'Quais?')
    await gate.next(3)
    await lastReply(page).getByText('Olá! São três').waitFor()
    const second = await openTab(new URL(page.url()).pathname)
    await lastReply(second).getByText('Olá! São três').waitFor()
    gate.open()
    for (const tab of [page, second]) {
      await lastReply(tab).getByText('voltar.').waitFor()
      expect(await lastReply(tab).innerText()).toContain(TEXT)
    }
    expect(faults).toEqual([])
  })

  test('offline and back, the reply goes on without a gap or a double', async () => {
    const { page, context } = await world.visit()
    const gate = world.upstream.hold({ tokens: TOKENS })
    await ask(page, 'Quais?')
    await gate.next(3)
    await lastReply(page).getByText('Olá! São três').waitFor()
    await context.setOffline(true)
    await page.getByText('Você está sem conexão', { exact: false }).waitFor()
    await gate.next(3)
    await context.setOffline(false)
    gate.open()
    await lastReply(page).getByText('voltar.').waitFor()
    expect(await lastReply(page).innerText()).toContain(TEXT)
  })

  test('Stop keeps what was read, also from another tab after a reload', async () => {
    const { page, openTab, faults } = await world.visit()
    const gate = world.upstream.hold({ tokens: TOKENS })
    await ask(page, 'Quais?')
    await gate.next(3)
    await lastReply(page).getByText('Olá! São três').waitFor()
    const second = await openTab(new URL(page.url()).pathname)
    await second.reload()
    await second.getByRole('button', { name: 'Parar resposta' }).click()
    for (const tab of [page, second]) {
      await lastReply(tab).getByText('Esta resposta foi parada.').waitFor()
      expect(await lastReply(tab).innerText()).toContain('Olá! São três')
    }
    expect(await (await world.upstream.request(0)).closed).toBe('client')
    gate.open()
    expect(faults).toEqual([])
  })

  const FAILURES: [Scenario, RunErrorCode][] = [
    ['eof', 'UPSTREAM_TRUNCATED'],
    ['reset', 'UPSTREAM_TRUNCATED'],
    ['error', 'UPSTREAM_OVERLOADED'],
    ['flat-error', 'UPSTREAM_OVERLOADED'],
    ['failed', 'UPSTREAM_QUOTA'],
    ['output-limit', 'OUTPUT_LIMIT'],
    ['content-filter', 'CONTENT_FILTERED'],
    ['malformed', 'UPSTREAM_ERROR'],
    ['html-page', 'UPSTREAM_ERROR'],
    ['unauthorized', 'UPSTREAM_AUTH'],
    ['rate-limit', 'UPSTREAM_RATE_LIMIT'],
    ['rate-limit-retry-after', 'UPSTREAM_RATE_LIMIT'],
    ['server-error', 'UPSTREAM_ERROR'],
    ['hang-before-text', 'UPSTREAM_TIMEOUT'],
    ['hang-between-tokens', 'UPSTREAM_TIMEOUT'],
  ]

  test('every failure is said in words in the place of the reply, stays after a reload, and can be retried', async () => {
    await using own = await openWorld(IMPATIENT)
    const { page, faults } = await world.visit({ url: own.server.url })
    for (const [scenario, code] of FAILURES) {
      await page.getByRole('link', { name: 'Nova conversa' }).click()
      await soon(() => new URL(page.url()).pathname).toBe('/')
      own.upstream.replyOnce(scenario)
      await ask(page, `Falhe como ${scenario}`)
      const sentence = conversation(page).getByText(ERROR_MESSAGES['pt-BR'][code])
      await sentence.waitFor()
      await page.reload()
      await sentence.waitFor()
      own.upstream.replyOnce({ tokens: ['Agora', ' sim.'] })
      await page.getByRole('button', { name: 'Tentar de novo' }).click()
      await lastReply(page).getByText('Agora sim.').waitFor()
      expect(await sentence.count(), scenario).toBe(0)
    }
    expect(faults).toEqual([])
  }, 120_000)

  test('after kill -9 in the middle the page shows what was read, says so, and goes on with it', async () => {
    await using own = await openWorld()
    const { page } = await world.visit({ url: own.server.url })
    const gate = own.upstream.hold({ tokens: TOKENS })
    await ask(page, 'Quais?')
    await gate.next(3)
    await lastReply(page).getByText('Olá! São três').waitFor()
    await own.server.kill('SIGKILL')
    gate.open()
    const { port } = new URL(own.server.url)
    const { upstream, folder } = own
    await using _again = await startProcess({ upstream, folder, settings: { PORT: port } })
    await conversation(page).getByText(ERROR_MESSAGES['pt-BR'].REPLY_INTERRUPTED).waitFor()
    expect(await lastReply(page).innerText()).toContain('Olá! São três')
    expect(await page.getByText('Escrevendo a resposta…').count()).toBe(0)
    await page.reload()
    await conversation(page).getByText(ERROR_MESSAGES['pt-BR'].REPLY_INTERRUPTED).waitFor()
    upstream.replyOnce({ tokens: [' e', ' continuo', ' daqui.'] })
    await page.getByRole('button', { name: 'Continuar' }).click()
    await lastReply(page).getByText('e continuo daqui.').waitFor()
    expect(await lastReply(page).innerText()).toContain('Olá! São três')
  })

  test('a closed conversation says so, offers no composer, and opens again', async () => {
    const { page, faults } = await world.visit()
    world.upstream.reply({ tokens: ['Sim.'] })
    await ask(page, 'Oi')
    await lastReply(page).getByText('Sim.').waitFor()
    await page
      .getByRole('button', { name: /^Opções:/ })
      .first()
      .click()
    await page.getByRole('menuitem', { name: 'Encerrar' }).click()
    await page.getByText('Esta conversa está encerrada.').waitFor()
    expect(await page.getByRole('textbox').count()).toBe(0)
    await page.getByRole('button', { name: 'Reabrir conversa' }).click()
    await page.getByRole('textbox').waitFor()
    expect(faults).toEqual([])
  })

  test('what is typed before the script is there is kept, and can be sent', async () => {
    const person = await world.visit()
    const page = await person.context.newPage()
    const held = Promise.withResolvers<void>()
    await page.route('**/assets/*.js', async route => {
      await held.promise
      await route.continue()
    })
    await page.goto('/', { waitUntil: 'commit' })
    const field = page.getByRole('textbox')
    await field.pressSequentially('Antes de tudo')
    held.resolve()
    const send = page.getByRole('button', { name: 'Enviar' })
    await expect.poll(() => send.isEnabled()).toBe(true)
    expect(await field.inputValue()).toBe('Antes de tudo')
    world.upstream.reply({ tokens: ['Sim.'] })
    await field.press('Enter')
    await lastReply(page).getByText('Sim.').waitFor()
    expect(world.upstream.requests.length).toBe(1)
    expect(person.faults).toEqual([])
  })

  test('the page speaks the language of the browser', async () => {
    for (const [locale, label] of [
      ['pt-PT', 'Nova conversa'],
      ['en-GB', 'New conversation'],
      ['es-MX', 'Nueva conversación'],
      ['ja', 'Nova conversa'],
    ] as const) {
      const person = await world.visit({ locale })
      await person.page.getByText(label).first().waitFor()
      expect(person.faults).toEqual([])
    }
  })

  test('Enter that ends an IME composition does not send', async () => {
    const { page, context, faults } = await world.visit()
    const field = page.getByRole('textbox')
    await field.focus()
    const cdp = await context.newCDPSession(page)
    await cdp.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 })
    await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Enter', windowsVirtualKeyCode: 229 })
    await cdp.send('Input.insertText', { text: '日本' })
    expect(await field.inputValue()).toBe('日本')
    expect(world.upstream.requests.length).toBe(0)
    await field.press('Shift+Enter')
    expect(await field.inputValue()).toBe('日本\n')
    expect(faults).toEqual([])
  })

  test('what a model writes loads nothing and runs nothing', async () => {
    const { page, context, faults } = await world.visit()
    const asked: string[] = []
    context.on('request', request => {
      if (!request.url().startsWith(world.server.url)) asked.push(request.url())
    })
    world.upstream.reply({
      tokens: [
        '<img src=x onerror="document.title=\'pwned\'"><script>document.title="pwned"</script>\n\n',
        '![leak](http://127.0.0.1:9/leak?q=secret) ![ref][r] [run](javascript:alert(1))\n\n',
        '[r]: http://127.0.0.1:9/ref\n\nFim.',
      ],
    })
    await ask(page, 'Oi')
    await lastReply(page).getByText('Fim.').waitFor()
    expect(asked).toEqual([])
    expect(await page.title()).not.toBe('pwned')
    expect(await page.locator('main img').count()).toBe(0)
    expect(await page.locator('a[href^="javascript:"]').count()).toBe(0)
    expect(faults).toEqual([])
  })
})
