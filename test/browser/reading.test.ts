import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, conversation, lastReply, noBrowser } from '../e2e/browser.ts'
import { NOTE_CLICK, slowClock } from '../e2e/initScripts.ts'
import { expectAccessible, PATIENT, soon } from '../e2e/page.ts'
import { seed } from '../e2e/seed.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

const SOURCES = [
  { url: 'https://example.com/nascentes', title: 'Como nasce um riacho' },
  { url: 'https://example.com/rios', title: 'Rios do Brasil' },
]

const world = shareWorld({ MODEL_PRICES: 'test-model=1.25/0.125/10', PRICES_CURRENCY: 'BRL' })

describe.skipIf(noBrowser)('reading a reply', PATIENT, () => {
  test('its sources stand numbered below it, and each citation leads to its own, also after a reload', async () => {
    const { page, faults } = await world.visit()
    world.upstream.reply({
      tokens: ['Nasce de uma fonte [1]', ' e vai ao mar [2].', ' Nada mais [3].'],
      sources: SOURCES,
    })
    await ask(page, 'De onde vem?')
    await answered(page)
    for (const load of [async () => undefined, () => page.reload()]) {
      await load()
      const reply = lastReply(page)
      await reply.getByRole('heading', { name: 'Fontes' }).waitFor()
      const listed = await reply.locator('ol li a').evaluateAll(linksOf)
      expect(listed).toEqual(SOURCES.map(({ url, title }) => [title, url]))
      const cited = await reply.locator('p a').evaluateAll(linksOf)
      expect(cited).toEqual(SOURCES.map(({ url }, index) => [`[${index + 1}]`, url]))
      expect(await reply.locator('p').first().innerText()).toContain('[3]')
    }
    await expectAccessible(page, 'sources')
    expect(faults).toEqual([])
  })

  test('how the model came to it is folded above the answer, with how long that took', async () => {
    const { page, faults } = await world.visit({ reducedMotion: 'reduce' })
    const gate = world.upstream.hold({
      reasoning: ['Primeiro a **nascente**', ', depois ', 'a foz.'],
      tokens: ['Ao mar.'],
      delayMs: 350,
    })
    await ask(page, 'Para onde vai?')
    await gate.next()
    const folded = lastReply(page).locator('details')
    const summary = folded.locator('summary')
    await summary.getByText('Raciocinando…').waitFor()
    expect(await folded.getByText('Primeiro a').count()).toBe(0)
    gate.open()
    await answered(page)
    for (const load of [async () => undefined, () => page.reload()]) {
      await load()
      await summary.getByText(/^Raciocinou por \d+ s$/).waitFor()
      expect(await folded.getAttribute('open')).toBeNull()
      const answer = await lastReply(page).getByText('Ao mar.').boundingBox()
      expect((await summary.boundingBox())?.y).toBeLessThan(answer?.y ?? 0)
    }
    await summary.press('Enter')
    await folded.locator('strong', { hasText: 'nascente' }).waitFor()
    await expectAccessible(page, 'unfolded')
    expect(faults).toEqual([])
  })

  test('its details say what it cost where prices are known, and how long the first word took', async () => {
    const { page, faults } = await world.visit()
    world.upstream.reply({
      tokens: ['Sim', ', sim.'],
      delayMs: 30,
      usage: { input: 1_000_000, output: 200_000, cached: 400_000 },
    })
    await ask(page, 'Quanto custa?')
    await answered(page)
    await page.getByRole('button', { name: 'Detalhes da resposta' }).press('Enter')
    const details = page.getByRole('dialog', { name: 'Detalhes da resposta' })
    const fact = (name: string) =>
      details
        .locator('div', { has: page.getByText(name, { exact: true }) })
        .locator('dd')
        .last()
    // 600,000 × 1.25 + 400,000 × 0.125 + 200,000 × 10, per million.
    expect(await fact('Custo').innerText()).toMatch(/^R\$\s2,80$/)
    expect(await fact('Até a primeira palavra').innerText()).toMatch(/^\d+ ms$|^[\d,]+ s$/)
    expect(faults).toEqual([])
  })

  test('Stop while text still flows in keeps all that was on the screen, stored and after a reload', async () => {
    const { page, faults } = await world.visit({ initScript: slowClock(100) })
    const text = 'Um rio corre entre as pedras e chega ao mar. '.repeat(40)
    const gate = world.upstream.hold({ tokens: [text, 'Nunca.'] })
    await ask(page, 'Conte')
    await gate.next()
    await soon(() => textOfReply(page)).not.toBe('')
    await page.evaluate(NOTE_CLICK)
    await page.getByRole('button', { name: 'Parar resposta' }).click()
    await lastReply(page).getByText('Esta resposta foi parada.').waitFor()
    gate.open()
    const seen = await page.evaluate(() => (window as unknown as { seen: string }).seen)
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.length, 'nothing was waiting any more').toBeLessThan(text.length)
    const [row] = world.server.rows(`select parts from messages where role = 'ASSISTANT'`)
    const [{ text: stored }] = JSON.parse(String(row?.['parts']))
    expect(stored.startsWith(seen)).toBe(true)
    const left = await textOfReply(page)
    expect(left.startsWith(seen)).toBe(true)
    await page.reload()
    await lastReply(page).getByText('Esta resposta foi parada.').waitFor()
    expect(await textOfReply(page)).toBe(left)
    expect(faults).toEqual([])
  })

  test('the message at the top of the screen stays there while those above it are drawn, in one of a thousand', async () => {
    const { page, faults } = await world.visit()
    world.upstream.reply({ tokens: ['Início.'] })
    await ask(page, 'Oi')
    await answered(page)
    seed(world, new URL(page.url()).pathname.slice('/c/'.length), 1000)
    await page.reload()
    await lastReply(page).getByText('Resposta 499').waitFor()
    let drawn = 0
    for (const jump of [-60_000, ...Array(8).fill(-700), -20_000, ...Array(8).fill(-300), -5_000]) {
      const { farthest, drawnAbove } = await conversation(page).evaluate(jumpAndWatch, jump)
      drawn += drawnAbove
      expect(farthest, `${jump} px`).toBeLessThan(2)
    }
    expect(drawn).toBeGreaterThan(30)
    expect(faults).toEqual([])
  })
})

/**
 * Scrolls by `jump`. From when all that is on the screen is drawn, tells how far the message at its top went from its
 * place until those above it were drawn too, and how many of them were.
 */
async function jumpAndWatch(box: Element, jump: number) {
  const rows = [...box.querySelectorAll<HTMLElement>(':scope > ol > li')]
  const { top, bottom } = box.getBoundingClientRect()
  const isDrawn = (row: HTMLElement) => row.dataset['drawn'] !== undefined
  const within = (margin: number) =>
    rows.filter(row => {
      const rect = row.getBoundingClientRect()
      return rect.bottom > top - margin && rect.top < bottom + margin
    })
  const frames = async (margin: number, count: number, look = () => {}) => {
    for (let calm = 0; calm < count; ) {
      await new Promise(resolve => requestAnimationFrame(resolve))
      look()
      calm = within(margin).every(isDrawn) ? calm + 1 : 0
    }
  }
  box.scrollBy(0, jump)
  if (!within(0).every(isDrawn)) await frames(0, 1)
  const first = within(0)[0] as HTMLElement
  const place = first.getBoundingClientRect().top
  const coming = rows.slice(0, rows.indexOf(first)).filter(row => !isDrawn(row))
  let farthest = 0
  await frames(1400, 5, () => {
    farthest = Math.max(farthest, Math.abs(first.getBoundingClientRect().top - place))
  })
  return { farthest, drawnAbove: coming.filter(isDrawn).length }
}

function linksOf(links: Element[]): (string | null)[][] {
  return links.map(link => [link.textContent, link.getAttribute('href')])
}

async function textOfReply(page: Page): Promise<string> {
  return (await page.locator('.markdown').last().textContent()) ?? ''
}

async function answered(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Detalhes da resposta' }).waitFor()
}
