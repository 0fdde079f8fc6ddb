import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CATALOGUES } from '../../src/react/i18n/catalogues.ts'
import { openWorld } from '../harness/server.ts'
import { LIST_STATES } from '../screens/listStates.ts'
import { PAGE_STATES } from '../screens/pageStates.ts'
import { REPLY_STATES } from '../screens/replyStates.ts'
import { answered, SHORT, type State } from '../screens/state.ts'
import { STATES } from '../screens/states.ts'
import { ask, launchBrowser, newPerson, noBrowser } from './browser.ts'
import { expectAccessible, expectReadable, focused, PATIENT, soon } from './page.ts'

const WIDTHS = [360, 390, 1440, 2560]
/** Above it the layout is the same, only larger. */
const WIDEST_FOR_AXE = 1440
/** Beside that of the start page: light. */
const LOOKS = [
  { colorScheme: 'dark', contrast: 'no-preference' },
  { colorScheme: 'light', contrast: 'more' },
] as const

const TEXTS = CATALOGUES['pt-BR']

describe.skipIf(noBrowser)('axe finds nothing wrong, and nothing is cut off sideways', () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchBrowser()
  })

  afterAll(() => browser.close())

  test.each([
    ['conversation', STATES],
    ['reply', REPLY_STATES],
    ['list', LIST_STATES],
    ['page', PAGE_STATES],
  ])(
    'in every picture of the %s, by day and by night, also with high contrast',
    { timeout: 240_000 },
    async (_, states) => {
      for (const [state, ...others] of Map.groupBy(states, nameOf).values()) {
        if (!state) continue
        await using world = await openWorld({ MODEL_PRICES: 'test-model=1.25/0.125/10' })
        const [width = 390] = state.widths
        await using person = await newPerson(browser, {
          url: world.server.url,
          width,
          reducedMotion: 'reduce',
        })
        await state.show(person.page, world, TEXTS)
        const widths = new Set([state, ...others].flatMap(one => one.widths))
        await checkEverywhere(person.page, nameOf(state), widths)
      }
    },
  )
})

describe.skipIf(noBrowser)('the menu of a conversation', PATIENT, () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchBrowser()
  })

  afterAll(() => browser.close())

  test('gives the keyboard back, closes by its own button, and leaves the page to be used', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const { page } = person
    await answered(page, world, SHORT)
    const button = page.getByRole('banner').getByRole('button', { name: /^Opções:/ })
    const menu = page.getByRole('menu')
    await button.press('Enter')
    await soon(() => focused(page).innerText()).toBe('Fixar')
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
    await page.keyboard.press('Escape')
    expect(await focused(page).getAttribute('aria-label')).toMatch(/^Opções:/)
    await button.click()
    await menu.waitFor()
    await button.click()
    await menu.waitFor({ state: 'detached' })
    expect(await focused(page).getAttribute('aria-label')).toMatch(/^Opções:/)
    await button.click()
    await page.getByLabel('Mensagem', { exact: true }).click()
    await menu.waitFor({ state: 'detached' })
    expect(await focused(page).getAttribute('aria-label')).toBe('Mensagem')
    expect(person.faults).toEqual([])
  })
})

describe.skipIf(noBrowser)('a screen reader', PATIENT, () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchBrowser()
  })

  afterAll(() => browser.close())

  test('is told whole sentences without marks, and never a word at a time', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const { page } = person
    const told = await listen(page)
    world.upstream.replyOnce({ tokens: SPOKEN.match(/[\s\S]{1,4}/g) ?? [], delayMs: 100 })
    await ask(page, 'Fale do rio')
    await soon(async () => (await told()).at(-1)).toMatch(/Resposta completa\.$/)
    const [first, ...sentences] = await told()
    expect(first).toBe('A resposta está sendo escrita.')
    expect(sentences.join(' ')).toBe(
      'Um rio corre. Ele tem x^2 peixes, um nome e nota. Depois vem a foz! item feito Veja Um gato. Preto. Fim. ' +
        'Resposta completa.',
    )
    for (const sentence of sentences) expect(sentence).toMatch(/[.!?]$|item feito$/)
  })

  test('is told the end of a reply that another one follows at once, and that one too', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const { page } = person
    const told = await listen(page)
    world.upstream.replyOnce({ tokens: ['Um rio ', 'corre.'], delayMs: 500 })
    world.upstream.replyOnce({ tokens: ['Um lago ', 'dorme.'], delayMs: 500 })
    await ask(page, 'Fale do rio')
    await ask(page, 'E do lago?')
    await soon(told).toContain('Um rio corre. Resposta completa.')
    await soon(told).toContain('Um lago dorme. Resposta completa.')
  })
})

/** Notes what the page says to a screen reader from now on, each text once. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const told: string[] = []
    Object.assign(window, { told })
    new MutationObserver(() => {
      for (const region of document.querySelectorAll('[role=status], [role=alert], [aria-live]')) {
        const text = region.textContent ?? ''
        if (text !== '' && !told.includes(text)) told.push(text)
      }
    }).observe(document.body, { childList: true, subtree: true, characterData: true })
  })
  return () => page.evaluate(() => (window as unknown as { told: string[] }).told)
}

const SPOKEN =
  'Um rio corre. Ele tem $x^2$ peixes, [um nome](https://example.com) e nota[^1]. Depois vem a foz!\n\n' +
  '- [x] item feito\n\nVeja ![Um gato. Preto](https://example.com/gato.png). Fim.'

/** A look that was chosen in the settings makes no other state: all are looked at in high contrast. */
function nameOf({ name }: State): string {
  return name.replace('-contrast', '')
}

async function checkEverywhere(page: Page, name: string, widths: ReadonlySet<number>): Promise<void> {
  // A menu belongs to its button, and to no landmark.
  const without = name === 'menu' ? ['region'] : []
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 })
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(overflow, `${name} at ${width}`).toBeLessThanOrEqual(0)
    if (widths.has(width) && width <= WIDEST_FOR_AXE)
      await expectAccessible(page, `${name} at ${width}`, without)
  }
  for (const look of LOOKS) {
    await page.emulateMedia(look)
    await expectReadable(page, `${name}: ${look.colorScheme}, contrast ${look.contrast}`)
  }
}
