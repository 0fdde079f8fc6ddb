import type { Locator, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, conversation, messageField, noBrowser, written } from './browser.ts'
import { soon } from './page.ts'
import { shareWorld } from './sharedWorld.ts'

/** Cumulative layout shift: from 0.1 on, a page is said to jump. */
const MAX_SHIFT = 0.01
const TOKENS = ['Olá!', '\n\n- um\n', '- dois\n', '\n| a | b |\n|---|---|\n| 1 | 2 |\n', '\nFim.']

/** Adds up every shift of the page, also those that follow a key or a click. */
const RECORD_SHIFTS = `
  window.shifts = []
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) {
      const nodes = entry.sources.map(({ node }) => node?.nodeName + '.' + node?.className)
      window.shifts.push({ value: entry.value, nodes })
    }
  }).observe({ type: 'layout-shift', buffered: true })`

const RECORD_ANIMATIONS = `
  window.animations = []
  addEventListener('animationstart', ({ animationName }) => window.animations.push(animationName))`

const world = shareWorld()

describe.skipIf(noBrowser)('from the first paint on', () => {
  for (const width of [390, 1440]) {
    test(`nothing jumps at ${width} px while the page loads and a reply arrives`, async () => {
      const { page } = await world.visit({
        width,
        initScript: RECORD_SHIFTS + RECORD_ANIMATIONS,
        reducedMotion: 'reduce',
      })
      await starters(page).waitFor()
      const gate = world.upstream.hold({ tokens: TOKENS })
      await ask(page, 'Quais?')
      for (const text of ['Olá!', 'um', 'dois', 'b']) {
        await gate.next()
        await page.locator('main').getByText(text, { exact: true }).first().waitFor()
      }
      gate.open()
      await page.locator('main').getByText('Fim.', { exact: true }).waitFor()
      await written(page)
      const shifts = await shiftsOf(page)
      const sum = shifts.reduce((total, { value }) => total + value, 0)
      expect(sum, JSON.stringify(shifts)).toBeLessThan(MAX_SHIFT)
      expect(await page.evaluate('window.animations')).not.toContain('settle')
    })

    test(`a new conversation is drawn with its composer in the middle at ${width} px, and a message takes it down`, async () => {
      const { context, faults } = await world.visit({ width, initScript: RECORD_ANIMATIONS })
      const page = await context.newPage()
      const scripts = Promise.withResolvers<void>()
      await page.route('**/*.js', async route => {
        await scripts.promise
        await route.continue()
      })
      await page.goto('/', { waitUntil: 'commit' })
      const field = messageField(page)
      await field.pressSequentially('Oi')
      // Its font may come a little after the text, and has another width.
      await page.evaluate(() => document.fonts.ready.then(() => {}))
      const drawn = await placeOf(field)
      scripts.resolve()
      await starters(page).waitFor()
      expect(await placeOf(field)).toEqual(drawn)
      const [greeting, form, offered, main] = await Promise.all(
        [
          page.getByRole('heading', { level: 2 }),
          page.locator('form'),
          starters(page),
          page.locator('main'),
        ].map(async part => (await part.boundingBox()) ?? expect.unreachable('a part is not drawn')),
      )
      expect([offered?.x, offered?.width]).toEqual([form?.x, form?.width])
      const middle = ((greeting?.y ?? 0) + (offered?.y ?? 0) + (offered?.height ?? 0)) / 2
      expect(Math.abs(middle - ((main?.y ?? 0) + (main?.height ?? 0) / 2))).toBeLessThan(60)
      const begin = { name: 'Nova conversa' }
      expect(await page.getByRole('button', begin).or(page.getByRole('link', begin)).count()).toBe(1)
      const title = page.getByRole('heading', { level: 1 })
      expect(await title.evaluate(element => getComputedStyle(element).opacity)).toBe(width < 768 ? '1' : '0')

      const gate = world.upstream.hold({ tokens: ['Sim.'] })
      await field.press('Enter')
      await page.keyboard.type('E então?')
      await page.locator('main').getByText('Oi', { exact: true }).waitFor()
      await soon(async () => ((await field.boundingBox())?.y ?? 0) > 750).toBe(true)
      expect(await page.evaluate('window.animations')).toContain('settle')
      expect(await field.inputValue()).toBe('E então?')
      expect(await field.evaluate(element => element === document.activeElement)).toBe(true)
      gate.open()
      await conversation(page).getByText('Sim.').waitFor()
      expect(faults).toEqual([])
    })
  }
})

function shiftsOf(page: Page): Promise<{ value: number; nodes: string[] }[]> {
  return page.evaluate('window.shifts')
}

/** Its corner, in whole pixels: a script rounds the height of the field. */
async function placeOf(field: Locator): Promise<number[]> {
  const { x = 0, y = 0 } = (await field.boundingBox()) ?? {}
  return [x, y].map(Math.round)
}

/** What the assistant offers to begin with. */
function starters(page: Page): Locator {
  return page.getByRole('list', { name: 'Sugestões para começar' })
}
