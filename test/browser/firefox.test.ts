import { existsSync } from 'node:fs'
import { type Browser, launch, type Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NOTE_CLICK, slowClock } from '../e2e/initScripts.ts'
import { shareServer } from '../e2e/sharedWorld.ts'

const FIREFOX = ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find(existsSync)
const TOKENS = ['Olá!', ' São', ' três', ' **ações**', ' 👋🏽:', ' começar,', ' parar', ' e', ' voltar.']
const SEND = 'button[aria-label="Enviar mensagem"]'
const STOP = 'button[aria-label="Parar resposta"]'
const LONG = 'Um rio corre entre as pedras e chega ao mar. '.repeat(40)
const TEXT = 'Olá! São três ações 👋🏽: começar, parar e voltar.'

if (!FIREFOX) console.log('skipped: no Firefox on this machine: install the package `firefox-esr`')

const MOTIONS = [
  ['with smooth text', 0],
  ['with less motion', 1],
] as const

const world = shareServer()

describe.skipIf(!FIREFOX)('in a real Firefox', () => {
  describe.each(MOTIONS)('%s', (_name, prefersReducedMotion) => {
    let browser: Browser

    beforeAll(async () => {
      browser = await launchFirefox(prefersReducedMotion)
    })

    afterAll(() => browser.close())

    test('a reply grows word by word, and a reload in the middle loses nothing', async () => {
      const { page, faults } = await visit(browser)
      const gate = world.upstream.hold({ tokens: TOKENS })
      await ask(page, 'Quais?')
      await gate.next()
      await seen(page, 'Olá!')
      await gate.next(2)
      await seen(page, 'Olá! São três')
      await page.reload()
      await seen(page, 'Olá! São três')
      gate.open()
      await seen(page, TEXT)
      await page.waitForSelector(SEND)
      expect(world.upstream.requests.length).toBe(1)
      expect(faults).toEqual([])
    })

    test('Stop where it was asked keeps all that was on the screen, over a reload', async () => {
      const { page, faults } = await visit(browser)
      await page.evaluateOnNewDocument(slowClock(100))
      await page.reload()
      await page.waitForSelector('nav [aria-busy="true"]', { hidden: true })
      const gate = world.upstream.hold({ tokens: [LONG, ' Nunca.'] })
      await ask(page, 'Conte')
      await gate.next()
      await seen(page, 'Um rio')
      await page.evaluate(NOTE_CLICK)
      await page.click(STOP)
      await seen(page, 'Esta resposta foi parada.')
      expect(await (await world.upstream.request(0)).closed).toBe('client')
      gate.open()
      const read = (await page.evaluate('window.seen')) as string
      expect(read).toMatch(/^Um rio/)
      if (prefersReducedMotion === 0) expect(read.length).toBeLessThan(LONG.length / 2)
      const left = await textOfReply(page)
      expect(left.startsWith(read)).toBe(true)
      const [row] = world.server.rows(`select parts from messages where role = 'ASSISTANT'`)
      expect(JSON.parse(String(row?.['parts']))[0].text.startsWith(read)).toBe(true)
      await page.reload()
      await seen(page, 'Esta resposta foi parada.')
      expect(await textOfReply(page)).toBe(left)
      expect(faults).toEqual([])
    })

    test('a second tab shows the same reply, live, and Stop there keeps what was read', async () => {
      const { page, openTab, faults } = await visit(browser)
      const gate = world.upstream.hold({ tokens: TOKENS })
      await ask(page, 'Quais?')
      await gate.next(3)
      await seen(page, 'Olá! São três')
      const second = await openTab(new URL(page.url()).pathname)
      await seen(second, 'Olá! São três')
      await gate.next()
      await seen(second, 'Olá! São três ações')
      await second.click(STOP)
      for (const tab of [page, second]) {
        await seen(tab, 'Esta resposta foi parada.')
        await seen(tab, 'Olá! São três ações')
      }
      expect(await (await world.upstream.request(0)).closed).toBe('client')
      gate.open()
      expect(faults).toEqual([])
    })

    if (prefersReducedMotion === 0) return

    test('a part of the page that could not be fetched is there when it is asked for again', async () => {
      const { page } = await visit(browser)
      let isCut = true
      await page.setRequestInterception(true)
      page.on('request', request => {
        const isPart = new URL(request.url()).pathname.startsWith('/assets/settingsDialog')
        void (isPart && isCut ? request.abort() : request.continue())
      })
      await page.evaluateOnNewDocument('window.requestIdleCallback = () => 0')
      await page.reload()
      const open = async () => (await page.waitForSelector('button ::-p-text(Configurações)'))?.click()
      await open()
      await seen(page, 'Não conseguimos falar com o servidor')
      isCut = false
      await open()
      await page.waitForSelector('::-p-aria(Configurações[role="dialog"])')
    })
  })
})

function launchFirefox(prefersReducedMotion: 0 | 1): Promise<Browser> {
  return launch({
    browser: 'firefox',
    executablePath: FIREFOX ?? '',
    headless: true,
    extraPrefsFirefox: {
      'intl.accept_languages': 'pt-BR',
      'ui.prefersReducedMotion': prefersReducedMotion,
    },
  })
}

interface Person {
  page: Page
  /** What the console and the page said was wrong. */
  faults: string[]
  openTab(path: string): Promise<Page>
}

/** A profile of its own, with the start page open. */
async function visit(browser: Browser): Promise<Person> {
  const context = await browser.createBrowserContext()
  world.admit(context)
  const faults: string[] = []
  const openTab = async (path: string) => {
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    page.on('console', message => {
      if (message.type() === 'error') faults.push(message.text())
    })
    page.on('pageerror', error => faults.push(String(error)))
    await page.goto(new URL(path, world.server.url).href)
    await page.waitForSelector('textarea')
    return page
  }
  const page = await openTab('/')
  return { page, faults, openTab }
}

async function ask(page: Page, text: string): Promise<void> {
  await page.type('textarea', text)
  await page.keyboard.press('Enter')
}

/** The last reply, as it can be read. */
function textOfReply(page: Page): Promise<string> {
  return page.evaluate(() => [...document.querySelectorAll('.markdown')].at(-1)?.textContent ?? '')
}

async function seen(page: Page, text: string): Promise<void> {
  await page.waitForFunction(
    expected => document.querySelector('main')?.innerText.includes(expected),
    {},
    text,
  )
}
