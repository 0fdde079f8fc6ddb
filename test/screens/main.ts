// Draws every state of the page to docs/screens: `npm run screens -- [name of a state]`.
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { launchBrowser, newPerson } from '../e2e/browser.ts'
import { openWorld } from '../harness/server.ts'
import { STATES, type State } from './states.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'screens')
/** Of all pictures together, in bytes. */
const MAX_BYTES = 2_000_000
const QUALITY = 60
/** Long enough for fonts, highlighting and what fades in. */
const SETTLE = 700

const [only] = process.argv.slice(2)
const browser = await launchBrowser()
if (!only) await rm(FOLDER, { recursive: true, force: true })
await mkdir(FOLDER, { recursive: true })
for (const state of STATES) {
  if (only && state.name !== only) continue
  for (const width of state.widths)
    for (const scheme of state.schemes) await draw(browser, state, width, scheme)
}
await browser.close()
const bytes = await sizeOf(FOLDER)
console.log(`${bytes} bytes in all`)
if (bytes > MAX_BYTES) process.exitCode = 1

async function draw(
  browser: Browser,
  state: State,
  width: number,
  colorScheme: 'light' | 'dark',
): Promise<void> {
  await using world = await openWorld({ MODEL_PRICES: 'test-model=1.25/0.125/10' })
  const height = width < 500 ? 844 : width > 2000 ? 1440 : 900
  await using person = await newPerson(browser, {
    url: world.server.url,
    width,
    height,
    colorScheme,
    reducedMotion: 'reduce',
  })
  const { page, context } = person
  if (state.contrast) {
    await context.addCookies([{ name: 'riacho_contrast', value: state.contrast, url: world.server.url }])
    await page.reload()
  }
  await state.show(page, world)
  await page.evaluate(async () => {
    await document.fonts.ready
  })
  await page.waitForTimeout(SETTLE)
  const name = [state.name, width, colorScheme].join('-')
  const session = await context.newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY })
  await writeFile(join(FOLDER, `${name}.webp`), Buffer.from(data, 'base64'))
  console.log(name, person.faults.join(' | '))
}

async function sizeOf(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async name => (await stat(join(folder, name))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
