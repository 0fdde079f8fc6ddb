import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, conversation, launchBrowser, newPerson, noBrowser, written } from '../e2e/browser.ts'
import { PATIENT } from '../e2e/page.ts'
import { openWorld } from '../harness/server.ts'

const LONG = { tokens: Array.from({ length: 60 }, (_, index) => `Parágrafo ${index}.\n\n`) }

describe.skipIf(noBrowser)('scrollbars that take room', PATIENT, () => {
  test.each([360, 800, 1440])(
    'at %i px they are thin, and the composer stands in the column of the replies',
    async width => {
      await using world = await openWorld({})
      await using closing = await opened()
      await using person = await newPerson(closing.browser, { url: world.server.url, width })
      const { page } = person
      const empty = await edges(page, 'main form')
      world.upstream.replyOnce({ tokens: ['Curta.'] })
      await ask(page, 'Curta?')
      await conversation(page).getByText('Curta.').waitFor()
      await written(page)
      const short = await columns(page)
      expect(short.composer).toEqual(short.messages)
      expect(short.composer).toEqual(empty)
      world.upstream.replyOnce(LONG)
      await ask(page, 'Longa?')
      await conversation(page).getByText('Parágrafo 59.').waitFor()
      expect(await columns(page)).toEqual(short)
      const bar = await page.locator('[data-messages]').evaluate(box => {
        const { scrollbarWidth, scrollbarColor } = getComputedStyle(box)
        return { scrollbarWidth, scrollbarColor, pixels: (box as HTMLElement).offsetWidth - box.clientWidth }
      })
      expect(bar.scrollbarWidth).toBe('thin')
      expect(bar.scrollbarColor).toMatch(/ (?:transparent|rgba\(0, 0, 0, 0\))$/)
      expect(bar.pixels).toBeGreaterThan(0)
      expect(bar.pixels).toBeLessThan(15)
    },
  )
})

/** A browser that shows its scrollbars. */
async function opened() {
  const browser = await launchBrowser({ hasScrollbars: true })
  return { browser, [Symbol.asyncDispose]: () => browser.close() }
}

/** The left and the right edge of the messages, and of the composer. */
async function columns(page: Page) {
  return { messages: await edges(page, '[data-messages] > ol'), composer: await edges(page, 'main form') }
}

function edges(page: Page, selector: string): Promise<number[]> {
  return page.locator(selector).evaluate(element => {
    const { left, right } = element.getBoundingClientRect()
    return [left, right]
  })
}
