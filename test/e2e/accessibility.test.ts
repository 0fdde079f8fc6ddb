import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorld, startProcess, temporaryFolder } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'
import { ask, launchBrowser, newPerson, noBrowser } from './browser.ts'
import { PATIENT, soon } from './page.ts'

const WIDTHS = [360, 390, 1440, 2560]

describe.skipIf(noBrowser)('axe finds nothing wrong, and nothing is cut off sideways', () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchBrowser()
  })

  afterAll(() => browser.close())

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`in ${colorScheme}, in every state of a conversation`, async () => {
      await using folder = await temporaryFolder()
      await using upstream = await createUpstream()
      const settings = { MAX_ATTEMPTS: '1', TITLES: 'words' }
      await using server = await startProcess({ upstream, folder, settings })
      await using person = await newPerson(browser, { url: server.url, colorScheme })
      const { page } = person
      const check = (state: string) => checkAt(page, state)

      await check('empty')
      const gate = upstream.hold({
        tokens: ['# Título\n\n', '| a | b |\n|---|---|\n| 1 | 2 |\n\n', '```js\nlet a\n```\n'],
      })
      await ask(page, 'Oi')
      await page.getByText('Escrevendo a resposta…').waitFor()
      await check('waiting')
      await gate.next()
      await page.getByText('Título').waitFor()
      await check('streaming')
      gate.open()
      await page.getByRole('button', { name: 'Copiar', exact: true }).first().waitFor()
      await check('completed')
      upstream.replyOnce('overloaded')
      await ask(page, 'De novo')
      await page.getByRole('button', { name: 'Tentar de novo' }).waitFor()
      await check('failed')
      await page
        .getByRole('button', { name: /^Opções:/ })
        .first()
        .click()
      await page.getByRole('menuitem', { name: 'Renomear' }).click()
      await page.getByRole('dialog').waitFor()
      await check('dialog')
      await page.keyboard.press('Escape')
      await page.goto('/c/00000000-0000-4000-8000-000000000000')
      await page.getByText('Não encontramos esta conversa').waitFor()
      await check('not found')
    })
  }
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
    world.upstream.replyOnce({ tokens: SPOKEN.match(/[\s\S]{1,4}/g) ?? [], delayMs: 100 })
    await ask(page, 'Fale do rio')
    const told = () => page.evaluate(() => (window as unknown as { told: string[] }).told)
    await soon(async () => (await told()).at(-1)).toMatch(/Resposta completa\.$/)
    const [first, ...sentences] = await told()
    expect(first).toBe('A resposta está sendo escrita.')
    expect(sentences.join(' ')).toBe(
      'Um rio corre. Ele tem x^2 peixes, um nome e nota. Depois vem a foz! item feito Veja Um gato. Preto. Fim. ' +
        'Resposta completa.',
    )
    for (const sentence of sentences) expect(sentence).toMatch(/[.!?]$|item feito$/)
  })
})

const SPOKEN =
  'Um rio corre. Ele tem $x^2$ peixes, [um nome](https://example.com) e nota[^1]. Depois vem a foz!\n\n' +
  '- [x] item feito\n\nVeja ![Um gato. Preto](https://example.com/gato.png). Fim.'

async function checkAt(page: Page, state: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 })
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(overflow, `${state} at ${width}`).toBeLessThanOrEqual(0)
  }
  await page.setViewportSize({ width: 1440, height: 900 })
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`),
    state,
  ).toEqual([])
}
