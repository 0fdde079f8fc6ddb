import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core'
import type { World } from '../harness/server.ts'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

/** Why the tests in a browser are skipped; `undefined` when there is one. */
export const noBrowser = CHROMIUM ? undefined : 'no Chromium on this machine: install the package `chromium`'

/** What Playwright switches off, which a list of our own takes the place of, and two more. */
const DISABLED_FEATURES = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
  // The suggestions below an address bar that nobody sees: two pages for each window, as dear as ours.
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
]

/** Headless Chromium that asks nobody outside for anything. It hides scrollbars unless `hasScrollbars`. */
export function launchBrowser({ hasScrollbars = false } = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM ?? '',
    ignoreDefaultArgs: hasScrollbars ? ['--hide-scrollbars'] : [],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--disable-features=${DISABLED_FEATURES.join(',')}`,
    ],
  })
}

export interface Person extends AsyncDisposable {
  readonly context: BrowserContext
  readonly page: Page
  /** What the console and the page said was wrong, in any of the person's tabs. */
  readonly faults: string[]
  /** Another tab of the same browser. */
  openTab(path: string): Promise<Page>
}

export interface PersonOptions {
  url: string
  locale?: string
  width?: number
  height?: number
  colorScheme?: 'light' | 'dark'
  /** A screen that is touched, with nothing that points. */
  isTouch?: boolean
  reducedMotion?: 'reduce' | 'no-preference'
  /** What the person answers when a proxy asks for a login. */
  login?: { username: string; password: string }
  /** Runs in every tab before the page's own scripts. */
  initScript?: string
}

/** A browser profile of its own, with the start page open. */
export async function newPerson(browser: Browser, options: PersonOptions): Promise<Person> {
  const { url, locale = 'pt-BR', width = 1440, height = 900, colorScheme = 'light' } = options
  const context = await browser.newContext({
    baseURL: url,
    locale,
    viewport: { width, height },
    colorScheme,
    ...(options.login && { httpCredentials: options.login }),
    hasTouch: options.isTouch ?? false,
    isMobile: options.isTouch ?? false,
    reducedMotion: options.reducedMotion ?? 'no-preference',
  })
  if (options.initScript) await context.addInitScript(options.initScript)
  const faults: string[] = []
  context.on('console', message => {
    if (message.type() === 'error') faults.push(message.text())
  })
  context.on('weberror', error => faults.push(error.error().message))
  const openTab = async (path: string) => {
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    await page.goto(path)
    await page.getByRole('textbox').waitFor()
    // The drawn page is there before its script: it has come to life once its list is no longer being read.
    await page.locator('nav [aria-busy="true"]').waitFor({ state: 'detached' })
    return page
  }
  const page = await openTab('/')
  return { context, page, faults, openTab, [Symbol.asyncDispose]: () => context.close() }
}

/** Types a message and sends it with Enter or, on a touch screen, with the keys that send on any. */
export async function ask(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox')
  await field.fill(text)
  const isTouch = await page.evaluate(() => matchMedia('(any-hover: none)').matches)
  await field.press(isTouch ? 'Control+Enter' : 'Enter')
}

/** Has a question answered, to the end. `seen` is some of the answer as it can be read. */
export async function converse(
  page: Page,
  { upstream }: World,
  { question, answer, seen = answer }: { question: string; answer: string; seen?: string },
): Promise<void> {
  upstream.replyOnce({ tokens: [answer] })
  await ask(page, question)
  await lastReply(page).getByText(seen).waitFor()
  await written(page)
}

/** Waits until nothing is being written, or about to be. */
export async function written(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Enviar mensagem' }).waitFor()
}

/** Where a new message is written. */
export function messageField(page: Page): Locator {
  return page.getByLabel('Mensagem', { exact: true })
}

/** Pastes a text where one writes. */
export async function paste(page: Page, text: string): Promise<void> {
  await messageField(page).evaluate((element, pasted) => {
    element.focus()
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', pasted)
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  }, text)
}

/** The messages on the page, and not what is told to screen readers besides. */
export function conversation(page: Page): Locator {
  return page.getByRole('region', { name: /mensagens|messages|mensajes/i })
}

/** The last message of the conversation: a top-level item of its list. */
export function lastReply(page: Page): Locator {
  return conversation(page).locator('> ol > li').last()
}
