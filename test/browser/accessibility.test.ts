import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, lastReply, messageField, noBrowser } from '../e2e/browser.ts'
import { focused, PATIENT, soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import { checkLooks } from '../screens/checkLooks.ts'
import { answered, SHORT } from '../screens/state.ts'
import { STATES } from '../screens/states.ts'

const world = shareWorld()

/** `npm run axe` looks at all states; these have most of what can go wrong. */
const SAMPLE = ['reply', 'settings', 'share']

describe.skipIf(noBrowser)(
  'axe finds nothing wrong, by day, by night and with high contrast',
  PATIENT,
  () => {
    test.each(SAMPLE)('in the picture %s', async name => {
      const states = STATES.filter(state => state.name === name)
      await checkLooks(world, states)
    })
  },
)

describe.skipIf(noBrowser)('the menu of a conversation', PATIENT, () => {
  test('gives the keyboard back, closes by its own button, and leaves the page to be used', async () => {
    const { page, faults } = await world.visit()
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
    await messageField(page).click()
    await menu.waitFor({ state: 'detached' })
    expect(await focused(page).getAttribute('aria-label')).toBe('Mensagem')
    expect(faults).toEqual([])
  })
})

describe.skipIf(noBrowser)('a screen reader', PATIENT, () => {
  test('is told whole sentences without marks, and never a word at a time', async () => {
    const { page } = await world.visit({ reducedMotion: 'reduce' })
    await page.clock.install()
    const told = await listen(page)
    const gate = world.upstream.hold({ tokens: SPOKEN.match(/[\s\S]{1,4}/g) ?? [] })
    await ask(page, 'Fale do rio')
    // What is said comes every two seconds, each time in the middle of a sentence.
    for (const end of ['Ele', 'Depois', 'Veja']) {
      while (!(await lastReply(page).innerText()).includes(end)) await gate.next()
      await page.clock.runFor(2000)
    }
    gate.open()
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
    const { page } = await world.visit()
    const told = await listen(page)
    const river = world.upstream.hold({ tokens: ['Um rio ', 'corre.'] })
    const lake = world.upstream.hold({ tokens: ['Um lago ', 'dorme.'] })
    await ask(page, 'Fale do rio')
    await river.next()
    await lastReply(page).getByText('Um rio').waitFor()
    await ask(page, 'E do lago?')
    river.open()
    await soon(told).toContain('Um rio corre. Resposta completa.')
    lake.open()
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
