import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorld, type World } from '../harness/server.ts'
import { ask, lastReply, launchBrowser, newPerson, noBrowser } from './browser.ts'
import { chooseInMenu, expectAccessible, focused, PATIENT, soon } from './page.ts'

const ANSWER = 'O **Amazonas** é o maior.'

describe.skipIf(noBrowser)('taking a conversation elsewhere', PATIENT, () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchBrowser()
  })

  afterAll(() => browser.close())

  test('a link shows a frozen copy to anybody, sets no cookie, and is revoked', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const { page } = person
    await talk(world, page)
    await page.getByRole('button', { name: 'Compartilhar' }).press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Compartilhar conversa' })
    await dialog.getByText('Esta conversa ainda não tem links.').waitFor()
    await expectAccessible(page, 'before sharing')
    await dialog.getByRole('button', { name: 'Criar link' }).press('Enter')
    await dialog.getByText('O link está pronto.').waitFor()
    expect(await focused(page).innerText()).toBe('Copiar link')
    await expectAccessible(page, 'shared')
    const address = await dialog.getByLabel('Endereço do link').inputValue()
    await page.keyboard.press('Escape')
    expect(await focused(page).getAttribute('aria-label')).toBe('Compartilhar')
    world.upstream.hold({ tokens: ['Segredo.'] }).open()
    await ask(page, 'E depois?')
    await lastReply(page).getByText('Segredo.').waitFor()

    const context = await browser.newContext({ locale: 'pt-BR', viewport: { width: 390, height: 844 } })
    const stranger = await context.newPage()
    const response = await stranger.goto(address)
    await stranger.locator('strong', { hasText: 'Amazonas' }).waitFor()
    await soon(() => stranger.title()).toBe('Quais são os maiores rios?')
    expect(await stranger.getByText('Segredo.').count()).toBe(0)
    expect(await stranger.locator('meta[name=robots]').getAttribute('content')).toContain('noindex')
    expect(await response?.headerValue('set-cookie')).toBeNull()
    expect(await context.cookies()).toEqual([])
    await expectAccessible(stranger, 'shared page')

    await page.getByRole('button', { name: 'Compartilhar' }).press('Enter')
    await dialog.getByRole('button', { name: /^Revogar: Link de/ }).click()
    await dialog.getByRole('button', { name: /^Revogar mesmo\?/ }).click()
    await dialog.getByText('Esta conversa ainda não tem links.').waitFor()
    await stranger.reload()
    await stranger.getByRole('heading', { name: 'Este link não leva a nada' }).waitFor()
    await expectAccessible(stranger, 'revoked')
    await context.close()
    expect(person.faults).toEqual([])
  })

  test('a conversation is downloaded as Markdown and as JSON, from its menu', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const { page } = person
    await talk(world, page)
    const title = 'Quais são os maiores rios?'
    const markdown = page.waitForEvent('download')
    await chooseInMenu(page, title, 'Baixar em Markdown')
    expect((await markdown).suggestedFilename()).toMatch(/\.md$/)
    expect(await readFile(await (await markdown).path(), 'utf8')).toContain(ANSWER)
    const json = page.waitForEvent('download')
    await chooseInMenu(page, title, 'Baixar em JSON')
    const read = JSON.parse(await readFile(await (await json).path(), 'utf8'))
    expect(JSON.stringify(read)).toContain(ANSWER)
    expect(person.faults).toEqual([])
  })

  test('printed, a conversation is all of its messages and nothing around them', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const { page } = person
    for (let turn = 0; turn < 8; turn++) await talk(world, page)
    await page.evaluate(() => {
      window.print = () => window.dispatchEvent(new Event('beforeprint'))
    })
    await page
      .getByRole('button', { name: /^Opções:/ })
      .last()
      .click()
    await page.getByRole('menuitem', { name: 'Imprimir ou salvar em PDF' }).click()
    await page.emulateMedia({ media: 'print' })
    await soon(() => page.locator('strong', { hasText: 'Amazonas' }).count()).toBe(8)
    for (const around of [page.getByRole('searchbox'), page.getByLabel('Mensagem', { exact: true })]) {
      expect(await around.isVisible()).toBe(false)
    }
    const pdf = (await page.pdf({ width: '10cm', height: '10cm' })).toString('latin1')
    expect(pdf.match(/\/Type\s*\/Page\b/g)?.length).toBeGreaterThan(1)
  })
})

async function talk(world: World, page: Page): Promise<void> {
  world.upstream.hold({ tokens: [ANSWER] }).open()
  await ask(page, 'Quais são os maiores rios?')
  await lastReply(page).getByText('é o maior.').waitFor()
  await page.getByRole('button', { name: 'Enviar mensagem' }).waitFor()
}
