import { AxeBuilder } from '@axe-core/playwright'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

/** Axe and a real browser take their time on a machine that is busy. */
export const PATIENT = { timeout: 90_000 }

/** What `read` gives comes to be as expected, within a time that is enough for a slow machine. */
export function soon<Value>(read: () => Value) {
  return expect.poll(read, { timeout: 10_000 })
}

/** Fails when axe finds something wrong with the page as it stands; `state` names it. */
export async function expectAccessible(
  page: Page,
  state: string,
  without: readonly string[] = [],
): Promise<void> {
  const off = without.map(rule => [rule, { enabled: false }])
  const rules = { 'target-size': { enabled: true }, ...Object.fromEntries(off) }
  await expectNothing(page, state, builder => builder.options({ rules }))
}

/** The same for what the colours alone can get wrong. */
export async function expectReadable(page: Page, state: string): Promise<void> {
  await expectNothing(page, state, builder => builder.withRules(['color-contrast', 'link-in-text-block']))
}

async function expectNothing(
  page: Page,
  state: string,
  choose: (builder: AxeBuilder) => AxeBuilder,
): Promise<void> {
  await page.waitForFunction(() =>
    document.getAnimations().every(({ playState, effect }) => {
      return playState !== 'running' || effect?.getComputedTiming().iterations === Infinity
    }),
  )
  const { violations } = await choose(new AxeBuilder({ page }).setLegacyMode()).analyze()
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`)
  expect(found, state).toEqual([])
}

/** Makes conversations of these titles, the last one newest, and reads the page again. Gives their ids. */
export async function makeConversations(page: Page, titles: readonly string[]): Promise<string[]> {
  const ids = await page.evaluate(async titles => {
    const ids: string[] = []
    for (const title of titles) {
      const response = await fetch('/api/chat/conversations', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ title }),
      })
      ids.push((await response.json()).conversation.id)
    }
    return ids
  }, titles)
  await page.reload()
  await page.locator('[data-row]').first().waitFor({ state: 'attached' })
  return ids
}

/** The rows of the list that can be seen, as they are read. */
export async function rows(page: Page): Promise<string[]> {
  return await page.locator('[data-row]:visible').allInnerTexts()
}

/** Opens the menu of a conversation in the list with the keyboard, and chooses. */
export async function chooseInMenu(page: Page, title: string, item: string): Promise<void> {
  const list = page.locator('[data-list]:visible')
  await list.getByRole('button', { name: `Opções: ${title}` }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: item, exact: true }).focus()
  await page.keyboard.press('Enter')
}

/** Presses keys as an input method does while it composes a word. */
export async function composingKeys(page: Page) {
  const cdp = await page.context().newCDPSession(page)
  return (key: string) =>
    cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key, windowsVirtualKeyCode: 229 })
}

/** What has the keyboard. */
export function focused(page: Page): Locator {
  return page.locator(':focus')
}
