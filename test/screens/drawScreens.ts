// Draws every state of the page to docs/screens: `npm run screens -- [name of a state]`.
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { DEFAULT_LOCALE, type Locale } from '../../src/protocol/locale.ts'
import { CATALOGUES } from '../../src/react/i18n/catalogues.ts'
import { launchBrowser, newPerson } from '../e2e/browser.ts'
import { openWorld } from '../harness/server.ts'
import { ADMIN_STATES } from './adminStates.ts'
import { LIST_STATES } from './listStates.ts'
import { PAGE_STATES } from './pageStates.ts'
import { REPLY_STATES } from './replyStates.ts'
import type { State } from './state.ts'
import { STATES } from './states.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'screens')
/** Of all pictures together, in bytes. */
const MAX_BYTES = 2_000_000
const QUALITY = 60
/** Long enough for fonts, highlighting and what fades in. */
const SETTLE = 700

const [only] = process.argv.slice(2)
const browser = await launchBrowser({ hasScrollbars: true })
if (!only) await rm(FOLDER, { recursive: true, force: true })
await mkdir(FOLDER, { recursive: true })
for (const state of [...STATES, ...REPLY_STATES, ...LIST_STATES, ...PAGE_STATES, ...ADMIN_STATES]) {
  if (only && state.name !== only) continue
  for (const width of state.widths)
    for (const colorScheme of state.schemes)
      for (const locale of state.locales ?? [DEFAULT_LOCALE])
        await draw(browser, state, { width, colorScheme, locale })
}
await browser.close()
const bytes = await sizeOf(FOLDER)
console.log(`${bytes} bytes in all`)
if (bytes > MAX_BYTES) process.exitCode = 1

interface Look {
  width: number
  colorScheme: 'light' | 'dark'
  locale: Locale
}

async function draw(browser: Browser, state: State, look: Look): Promise<void> {
  const { width, colorScheme, locale } = look
  await using world = await openWorld({ MODEL_PRICES: 'test-model=1.25/0.125/10', API_KEYS: 'true' })
  const height = width < 500 ? 844 : width > 2000 ? 1440 : 900
  await using person = await newPerson(browser, {
    url: world.server.url,
    ...look,
    height,
    reducedMotion: 'reduce',
  })
  const { page, context } = person
  if (state.contrast) {
    await context.addCookies([{ name: 'riacho_contrast', value: state.contrast, url: world.server.url }])
    await page.reload()
  }
  await state.show(page, world, CATALOGUES[locale])
  await page.evaluate(async () => {
    await document.fonts.ready
  })
  await page.waitForTimeout(SETTLE)
  const name = [state.name, width, colorScheme, ...(locale === DEFAULT_LOCALE ? [] : [locale])].join('-')
  const session = await context.newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY })
  await writeFile(join(FOLDER, `${name}.webp`), Buffer.from(data, 'base64'))
  console.log(name, person.faults.join(' | '))
}

async function sizeOf(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async name => (await stat(join(folder, name))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
