import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, conversation, lastReply, noBrowser, written } from '../e2e/browser.ts'
import { slowClock } from '../e2e/initScripts.ts'
import { focused, soon } from '../e2e/page.ts'
import { seed } from '../e2e/seed.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import type { World } from '../harness/server.ts'
import { tokensOf } from '../upstream/upstream.ts'

const MANY = 1000
/** A busy machine draws late. */
const PATIENT = { timeout: 10_000 }
const LONG = Array.from({ length: 80 }, (_, index) => `Parágrafo ${index} da resposta.\n\n`)

const world = shareWorld()

describe.skipIf(noBrowser)('the place where one reads', () => {
  test('a reader at the end follows the text, and one who scrolled up is left alone', async () => {
    const { page, faults } = await world.visit()
    const gate = await halfWritten(page, world)
    await scrollBy(page, -300)
    const { top } = await placeOf(page)
    await gate.next(10)
    await page.getByRole('button', { name: 'Há texto novo abaixo' }).waitFor()
    expect((await placeOf(page)).top).toBe(top)
    await page.getByRole('button', { name: 'Há texto novo abaixo' }).press('Enter')
    await soon(() => fromEnd(page)).toBeLessThan(48)
    await soon(() => focused(page).getAttribute('aria-label')).toBe('Mensagens')
    gate.open()
    await lastReply(page).getByText('Parágrafo 79').waitFor()
    await soon(() => fromEnd(page)).toBeLessThan(48)
    expect(await page.getByRole('button', { name: 'Há texto novo abaixo' }).count()).toBe(0)
    expect(faults).toEqual([])
  })

  test.each([
    ['a key', (page: Page) => conversation(page).press('ArrowUp')],
    ['a turn of the wheel', (page: Page) => turnWheel(page, -30)],
    ['a slow finger on a touchpad', (page: Page) => drag(page, { step: -5, steps: 12 })],
  ])(
    'the least scroll up with %s leaves the place to the reader, and coming down to the end gives it back',
    async (_, scrollUp) => {
      const { page, faults } = await world.visit()
      const gate = await halfWritten(page, world)
      await scrollUp(page)
      await soon(() => fromEnd(page)).toBeGreaterThan(20)
      const { top } = await settledPlace(page)
      await gate.next(10)
      await page.getByRole('button', { name: 'Há texto novo abaixo' }).waitFor()
      await lastReply(page).getByText('Parágrafo 49').waitFor()
      expect((await placeOf(page)).top).toBe(top)
      await turnWheel(page, 5000)
      await soon(() => fromEnd(page)).toBe(0)
      await gate.next(10)
      await lastReply(page).getByText('Parágrafo 59').waitFor()
      await soon(() => fromEnd(page)).toBe(0)
      gate.open()
      expect(faults).toEqual([])
    },
  )

  test('the End key leads to the end even if that moves on while the page glides there', async () => {
    const { page, faults } = await world.visit()
    const gate = await halfWritten(page, world)
    await turnWheel(page, -400)
    await settledPlace(page)
    await conversation(page).evaluate(box => {
      const grow = () => {
        const last = box.querySelector<HTMLElement>('li:last-of-type .markdown')
        if (last) last.style.paddingBottom = '300px'
      }
      box.addEventListener('scroll', grow, { once: true })
    })
    await conversation(page).press('End')
    await soon(() => fromEnd(page)).toBe(0)
    await gate.next(10)
    await lastReply(page).getByText('Parágrafo 49').waitFor()
    await soon(() => fromEnd(page)).toBe(0)
    gate.open()
    expect(faults).toEqual([])
  })

  test('who comes back to a conversation goes on reading where they were', async () => {
    const { page, faults } = await world.visit()
    world.upstream.replyOnce({ tokens: LONG })
    await ask(page, 'Conte')
    await lastReply(page).getByText('Parágrafo 79').waitFor()
    await written(page)
    const paragraph = () => lastReply(page).getByText('Parágrafo 40 ').evaluate(placeOnScreen)
    await lastReply(page)
      .getByText('Parágrafo 40 ')
      .evaluate(element => element.scrollIntoView({ block: 'center' }))
    await settledPlace(page)
    expect(await conversation(page).evaluate(scrollsAround)).toBe(false)
    const before = await paragraph()
    await page.getByRole('link', { name: 'Nova conversa' }).click()
    await conversation(page).waitFor({ state: 'detached' })
    await page.goBack()
    await expect.poll(async () => Math.abs((await paragraph()) - before), PATIENT).toBeLessThan(2)
    expect(await page.getByRole('button', { name: 'Há texto novo abaixo' }).count()).toBe(0)
    await conversation(page).press('End')
    await soon(() => fromEnd(page)).toBe(0)
    await page.getByRole('link', { name: 'Nova conversa' }).click()
    await conversation(page).waitFor({ state: 'detached' })
    await page.goBack()
    await soon(() => fromEnd(page)).toBe(0)
    expect(faults).toEqual([])
  })

  test('for who wants it the question stays at the top while its reply grows', async () => {
    const { page, faults } = await world.visit({
      initScript: `try { localStorage.setItem('riacho.settings', '{"scroll":"top"}') } catch {}`,
    })
    world.upstream.replyOnce({ tokens: LONG.slice(0, 30) })
    await ask(page, 'Antes')
    await lastReply(page).getByText('Parágrafo 29').waitFor()
    await written(page)
    const gate = world.upstream.hold({ tokens: LONG })
    await ask(page, 'Conte')
    await gate.next()
    await lastReply(page).getByText('Parágrafo 0').waitFor()
    const question = () => distanceFromTop(page, 'Conte')
    await soon(question).toBeLessThan(48)
    const first = await question()
    await gate.next(60)
    await lastReply(page).getByText('Parágrafo 59').waitFor()
    expect(await question()).toBe(first)
    gate.open()
    await written(page)
    expect(await question()).toBe(first)
    expect(faults).toEqual([])
  })

  test('of a thousand messages those near the screen are drawn, all can be found, and a search leads to one', async () => {
    const { page, faults } = await world.visit()
    world.upstream.replyOnce({ tokens: ['Início.'] })
    await ask(page, 'Oi')
    await lastReply(page).getByText('Início.').waitFor()
    await written(page)
    const path = new URL(page.url()).pathname
    const ids = seed(world, path.slice('/c/'.length), MANY)
    await page.reload()
    await lastReply(page)
      .getByText(`Resposta ${MANY / 2 - 1}`)
      .waitFor()
    await soon(() => fromEnd(page)).toBeLessThan(48)
    const drawn = () => conversation(page).locator('> ol > li[data-drawn]').count()
    expect(await conversation(page).locator('> ol > li').count()).toBe(MANY + 2)
    await soon(drawn).toBeGreaterThanOrEqual(10)
    expect(await drawn()).toBeLessThan(60)

    await scrollBy(page, -40_000)
    await soon(() => visibleDrawn(page)).toBe(true)
    expect(await drawn()).toBeLessThan(80)

    const hidden = conversation(page).getByText('Pergunta 7.', { exact: true })
    expect(await hidden.evaluate(element => element.getAttribute('hidden'))).toBe('until-found')

    const target = ids[300] ?? ''
    await page.goto(`${path}#${target}`)
    const row = page.locator(`[data-message="${target}"]`)
    await soon(() => row.evaluate(element => element === document.activeElement)).toBe(true)
    await soon(() => row.evaluate(isInside)).toBe(true)
    await soon(() => visibleDrawn(page)).toBe(true)
    expect(await row.evaluate(isInside)).toBe(true)
    expect(faults).toEqual([])
  }, 90_000)

  test('text flows in piece by piece, and with less motion it is there at once', async () => {
    for (const reducedMotion of ['no-preference', 'reduce'] as const) {
      const { page } = await world.visit({ reducedMotion, initScript: slowClock(10) })
      await page.evaluate(RECORD)
      const text = 'Um rio corre entre as pedras e chega ao mar. '.repeat(20)
      world.upstream.replyOnce({ tokens: [text, ...tokensOf('E fim.')] })
      await ask(page, 'Conte')
      await lastReply(page).getByText('E fim.').waitFor()
      const lengths = await page.evaluate(() => (window as unknown as { lengths: number[] }).lengths)
      const between = lengths.filter(length => length > 0 && length < text.length / 2)
      if (reducedMotion === 'reduce') expect(between).toEqual([])
      else expect(between.length).toBeGreaterThan(0)
    }
  })
})

/** Notes how long the reply is at every change of the page. */
const RECORD = `{
  window.lengths = []
  new MutationObserver(() => {
    const text = [...document.querySelectorAll('.markdown')].at(-1)?.textContent ?? ''
    if (text.length !== lengths.at(-1)) lengths.push(text.length)
  }).observe(document.body, { childList: true, subtree: true, characterData: true })
}`

function placeOf(page: Page) {
  return conversation(page).evaluate(box => ({
    top: box.scrollTop,
    end: box.scrollHeight - box.clientHeight,
  }))
}

async function fromEnd(page: Page): Promise<number> {
  const { top, end } = await placeOf(page)
  return end - top
}

/** Asks, and waits until half of a long reply is there and its end on the screen. */
async function halfWritten(page: Page, { upstream }: World) {
  const gate = upstream.hold({ tokens: LONG })
  await ask(page, 'Conte')
  await gate.next(40)
  await lastReply(page).getByText('Parágrafo 39').waitFor()
  await soon(() => fromEnd(page)).toBe(0)
  return gate
}

async function scrollBy(page: Page, pixels: number): Promise<void> {
  await conversation(page).evaluate((box, by) => box.scrollBy(0, by), pixels)
}

async function turnWheel(page: Page, pixels: number): Promise<void> {
  const box = await conversation(page).boundingBox()
  if (!box) throw new Error('no conversation on the screen')
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await page.mouse.wheel(0, pixels)
}

/** A touchpad under a slow finger: a little at a time, frame by frame. */
async function drag(page: Page, { step, steps }: { step: number; steps: number }): Promise<void> {
  for (let at = 0; at < steps; at++) {
    await turnWheel(page, step)
    await page.evaluate(() => new Promise(resolve => requestAnimationFrame(resolve)))
  }
}

/** The place once a smooth scroll has come to its end: it slows down so much before that one pixel takes several frames. */
async function settledPlace(page: Page) {
  await conversation(page).evaluate(async box => {
    const nextFrame = () => new Promise(resolve => requestAnimationFrame(resolve))
    for (let still = 0, top = box.scrollTop; still < 20; still = box.scrollTop === top ? still + 1 : 0) {
      top = box.scrollTop
      await nextFrame()
    }
  })
  return placeOf(page)
}

function distanceFromTop(page: Page, text: string): Promise<number> {
  return conversation(page)
    .getByText(text, { exact: true })
    .evaluate(element => {
      const box = element.closest('[data-messages]') as HTMLElement
      return Math.round(element.getBoundingClientRect().top - box.getBoundingClientRect().top)
    })
}

/** Whether anything around the messages can be scrolled: a link to a highlight would push the page out of its window. */
function scrollsAround(box: Element): boolean {
  for (let element = box.parentElement; element; element = element.parentElement) {
    element.scrollTop = 100
    if (element.scrollTop > 0) return true
  }
  return false
}

function placeOnScreen(element: Element): number {
  return element.getBoundingClientRect().top
}

/** Whether every message on the screen is drawn. */
function visibleDrawn(page: Page): Promise<boolean> {
  return conversation(page).evaluate(box => {
    const { top, bottom } = box.getBoundingClientRect()
    const seen = [...box.querySelectorAll<HTMLElement>(':scope > ol > li')].filter(item => {
      const rect = item.getBoundingClientRect()
      return rect.bottom > top && rect.top < bottom
    })
    return seen.length > 0 && seen.every(item => item.dataset['drawn'] !== undefined)
  })
}

function isInside(element: Element): boolean {
  const box = (element.closest('[data-messages]') as HTMLElement).getBoundingClientRect()
  const { top, bottom } = element.getBoundingClientRect()
  return bottom > box.top && top < box.bottom
}
