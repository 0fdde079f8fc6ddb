import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, conversation, lastReply, messageField, noBrowser } from './browser.ts'
import { makeConversations, PATIENT, soon } from './page.ts'
import { shareWorld } from './sharedWorld.ts'

const world = shareWorld()

describe.skipIf(noBrowser)('what is being written, and the ways between conversations', PATIENT, () => {
  test('each conversation keeps what was typed in it, over a reload', async () => {
    const { page, faults } = await world.visit()
    await makeConversations(page, ['Rios', 'Mares'])
    await messageField(page).fill('na nova')
    await choose(page, 'Rios')
    expect(await messageField(page).inputValue()).toBe('')
    await messageField(page).fill('sobre rios\nduas linhas')
    await choose(page, 'Mares')
    expect(await messageField(page).inputValue()).toBe('')
    await messageField(page).fill('sobre mares')
    await page.reload()
    await soon(() => messageField(page).inputValue()).toBe('sobre mares')
    await choose(page, 'Rios')
    expect(await messageField(page).inputValue()).toBe('sobre rios\nduas linhas')
    await page.keyboard.press('Control+Shift+O')
    await soon(() => messageField(page).inputValue()).toBe('na nova')
    await choose(page, 'Mares')
    world.upstream.reply({ tokens: ['Salgados.'] })
    await messageField(page).press('Enter')
    await lastReply(page).getByText('Salgados.').waitFor()
    await page.reload()
    await lastReply(page).getByText('Salgados.').waitFor()
    expect(await messageField(page).inputValue()).toBe('')
    await choose(page, 'Rios')
    expect(await messageField(page).inputValue()).toBe('sobre rios\nduas linhas')
    expect(faults).toEqual([])
  })

  test('the field grows with its text, to two fifths of the window, and is one row again once it is sent', async () => {
    const { page, faults } = await world.visit()
    const one = await heightOf(page)
    await messageField(page).pressSequentially('um')
    expect(await heightOf(page)).toBe(one)
    for (let line = 0; line < 3; line++) await messageField(page).press('Shift+Enter')
    const four = await heightOf(page)
    expect(four).toBeGreaterThan(one * 2)
    await messageField(page).fill('uma linha\n'.repeat(100))
    const most = await heightOf(page)
    expect(most).toBeGreaterThan(four)
    expect(most).toBeLessThanOrEqual(900 * 0.4 + 1)
    expect(await messageField(page).evaluate(element => element.scrollHeight > element.clientHeight)).toBe(
      true,
    )
    world.upstream.reply({ tokens: ['Sim.'] })
    await messageField(page).press('Enter')
    await soon(() => heightOf(page)).toBe(one)
    expect(faults).toEqual([])
  })

  test('back and forward lead through the conversations as they were opened', async () => {
    const { page, faults } = await world.visit()
    world.upstream.replyOnce({ tokens: ['Doces.'] })
    await ask(page, 'Como são os rios?')
    await lastReply(page).getByText('Doces.').waitFor()
    await page.getByRole('link', { name: 'Nova conversa' }).click()
    await soon(() => new URL(page.url()).pathname).toBe('/')
    world.upstream.replyOnce({ tokens: ['Salgados.'] })
    await ask(page, 'Como são os mares?')
    await lastReply(page).getByText('Salgados.').waitFor()
    await page.goBack()
    await lastReply(page).getByText('Doces.').waitFor()
    await page.getByRole('heading', { level: 1, name: 'Como são os rios?' }).waitFor()
    expect(await conversation(page).getByText('Salgados.').count()).toBe(0)
    await page.goForward()
    await lastReply(page).getByText('Salgados.').waitFor()
    await soon(() => page.title()).toBe('Como são os mares?')
    await page.goBack()
    await lastReply(page).getByText('Doces.').waitFor()
    await page.reload()
    await lastReply(page).getByText('Doces.').waitFor()
    await page.goForward()
    await lastReply(page).getByText('Salgados.').waitFor()
    expect(faults).toEqual([])
  })
})

async function choose(page: Page, title: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: title }).click()
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
}

async function heightOf(page: Page): Promise<number> {
  return Math.round((await messageField(page).boundingBox())?.height ?? 0)
}
