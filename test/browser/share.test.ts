import { readFile } from 'node:fs/promises'
import type { Locator } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { CATALOGUES } from '../../src/react/i18n/catalogues.ts'
import { ask, conversation, converse, lastReply, messageField, noBrowser } from '../e2e/browser.ts'
import { chooseInMenu, expectAccessible, focused, makeConversations, PATIENT, soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import { PASSWORD } from '../harness/person.ts'
import { openWorld } from '../harness/server.ts'
import { askApi } from '../screens/state.ts'

const ANSWER = 'O **Amazonas** é o maior.'
const TALK = { question: 'Quais são os maiores rios?', answer: ANSWER, seen: 'é o maior.' }
/** There is no clipboard API over plain http, away from localhost. */
const NO_CLIPBOARD = 'delete Navigator.prototype.clipboard'

/** Notes what is handed to another application. The person then closes what the system shows. */
const RECORD_HANDED = `
  window.handed = []
  navigator.share = async data => {
    window.handed.push(data)
    throw new DOMException('closed', 'AbortError')
  }`

const { share } = CATALOGUES['pt-BR']
const world = shareWorld()

describe.skipIf(noBrowser)('taking a conversation elsewhere', PATIENT, () => {
  test('a link shows a frozen copy to anybody, sets no cookie, and is revoked', async () => {
    const { page, faults } = await world.visit({ initScript: RECORD_HANDED })
    await converse(page, world, TALK)
    await page.getByRole('button', { name: 'Compartilhar' }).press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Compartilhar conversa' })
    await dialog.getByText('Esta conversa ainda não tem links.').waitFor()
    await expectAccessible(page, 'before sharing')
    await dialog.getByRole('button', { name: 'Criar link' }).press('Enter')
    await dialog.getByText('O link está pronto.').waitFor()
    expect(await focused(page).innerText()).toBe('Copiar link')
    await expectAccessible(page, 'shared')
    const address = await dialog.getByLabel('Endereço do link').inputValue()
    await dialog.getByRole('button', { name: 'Enviar…' }).press('Enter')
    expect(await page.evaluate('window.handed')).toEqual([{ url: address }])
    await page.keyboard.press('Escape')
    expect(await focused(page).getAttribute('aria-label')).toBe('Compartilhar')
    world.upstream.hold({ tokens: ['Segredo.'] }).open()
    await ask(page, 'E depois?')
    await lastReply(page).getByText('Segredo.').waitFor()

    await using context = await world.browser.newContext({
      locale: 'pt-BR',
      viewport: { width: 390, height: 844 },
    })
    const stranger = await context.newPage()
    const response = await stranger.goto(address)
    await stranger.locator('strong', { hasText: 'Amazonas' }).waitFor()
    await stranger.getByRole('heading', { name: 'Resposta: Riacho' }).waitFor()
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
    expect(faults).toEqual([])
  })

  test('a link that is asked for twice in a row is made once', async () => {
    const { page, faults } = await world.visit()
    await converse(page, world, TALK)
    const { promise: asked, resolve: goOn } = Promise.withResolvers<void>()
    await page.route('**/shares', async route => {
      if (route.request().method() === 'POST') await asked
      await route.continue()
    })
    await page.getByRole('button', { name: 'Compartilhar' }).press('Enter')
    await page.getByRole('button', { name: 'Criar link' }).dblclick()
    const creating = page.getByRole('button', { name: 'Criando…' })
    await creating.press('Enter')
    goOn()
    await page.getByText('O link está pronto.').waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Compartilhar' }).press('Enter')
    await page
      .getByRole('button', { name: /^Revogar: Link de/ })
      .first()
      .waitFor()
    expect(await page.getByRole('button', { name: /^Revogar: Link de/ }).count()).toBe(1)
    expect(faults).toEqual([])
  })

  test('over plain http a link and a reply are copied too, and the keyboard stays where it was', async () => {
    const { page, faults } = await world.visit({ initScript: NO_CLIPBOARD })
    await converse(page, world, TALK)
    const field = messageField(page)
    const pasted = async () => {
      await field.fill('')
      await field.press('Control+v')
      return field.inputValue()
    }
    await page.getByRole('button', { name: 'Copiar', exact: true }).press('Enter')
    await soon(() => focused(page).getAttribute('aria-label')).toBe('Copiar')
    expect(await pasted()).toBe(ANSWER)
    await page.getByRole('button', { name: 'Compartilhar' }).press('Enter')
    await page.getByRole('button', { name: 'Criar link' }).press('Enter')
    const address = await page.getByLabel('Endereço do link').inputValue()
    expect(await page.getByRole('button', { name: 'Enviar…' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Copiar link' }).press('Enter')
    await soon(() => focused(page).innerText()).toBe('Copiado')
    await page.keyboard.press('Escape')
    expect(await pasted()).toBe(address)
    expect(faults).toEqual([])
  })

  test('a conversation is downloaded as Markdown and as JSON, from its menu', async () => {
    const { page, faults } = await world.visit()
    await converse(page, world, TALK)
    const title = 'Quais são os maiores rios?'
    const markdown = page.waitForEvent('download')
    await chooseInMenu(page, title, 'Baixar em Markdown')
    expect((await markdown).suggestedFilename()).toMatch(/\.md$/)
    expect(await readFile(await (await markdown).path(), 'utf8')).toContain(ANSWER)
    const json = page.waitForEvent('download')
    await chooseInMenu(page, title, 'Baixar em JSON')
    const read = JSON.parse(await readFile(await (await json).path(), 'utf8'))
    expect(JSON.stringify(read)).toContain(ANSWER)
    expect(faults).toEqual([])
  })

  test('where links are for people with an account, others are told so, and a link opens for nobody else', async () => {
    await using own = await openWorld({ SHARING: 'signed-in' })
    own.upstream.reply({ tokens: [ANSWER] })
    const { page } = await world.visit({ url: own.server.url })
    await ask(page, TALK.question)
    await page.getByText(TALK.seen).waitFor()
    const open = () => page.getByRole('button', { name: 'Compartilhar' }).press('Enter')
    await open()
    const dialog = page.getByRole('dialog', { name: 'Compartilhar conversa' })
    await dialog.getByText(share.needsAccount).waitFor()
    expect(await dialog.getByRole('button', { name: share.create }).count()).toBe(0)
    await expectAccessible(page, 'sharing needs an account')
    await page.keyboard.press('Escape')
    const body = { email: 'ana@example.com', password: PASSWORD }
    await askApi(page, 'POST', '/api/chat/account/sign-up', body)
    await page.reload()
    await page.getByText(TALK.seen).waitFor()
    await open()
    await dialog.getByText(share.bodySignedIn).waitFor()
    await dialog.getByRole('button', { name: share.create }).press('Enter')
    const address = await dialog.getByLabel(share.address).inputValue()
    const { page: stranger } = await world.visit({ url: own.server.url })
    await stranger.goto(address)
    await stranger.getByText(CATALOGUES['pt-BR'].shared.notFound).waitFor()
    await askApi(stranger, 'POST', '/api/chat/account/sign-up', { ...body, email: 'bia@example.com' })
    await stranger.reload()
    await stranger.locator('strong', { hasText: 'Amazonas' }).waitFor()
  })

  test('where nobody may share, nothing offers it', async () => {
    await using own = await openWorld({ SHARING: 'off' })
    own.upstream.reply({ tokens: [ANSWER] })
    const { page } = await world.visit({ url: own.server.url })
    await ask(page, TALK.question)
    await page.getByText(TALK.seen).waitFor()
    const header = page.getByRole('banner')
    const menu = header.getByRole('button', { name: /^Opções:/ })
    await menu.waitFor()
    const text = CATALOGUES['pt-BR']
    expect(await page.getByRole('button', { name: text.menu.share }).count()).toBe(0)
    await menu.press('Enter')
    await page.getByRole('menuitem', { name: text.menu.rename }).waitFor()
    expect(await page.getByRole('menuitem', { name: text.menu.share }).count()).toBe(0)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.getByRole('option', { name: text.palette.rename }).waitFor()
    expect(await page.getByRole('option', { name: text.share.title }).count()).toBe(0)
  })

  test('what reads from right to left does so wherever it is shown', async () => {
    const { page, faults } = await world.visit()
    await makeConversations(page, ['مياه'])
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('مياه')
    const option = page.getByRole('option', { name: 'مياه', exact: true })
    await expectRightToLeft(option.getByText('مياه'))
    await option.click()
    await page.waitForURL('**/c/*')
    const gate = world.upstream.hold({ tokens: ['Sim.'] })
    await ask(page, 'سؤال عن الماء')
    await page.getByRole('button', { name: 'Parar resposta' }).waitFor()
    await ask(page, 'ثم ماذا؟')
    await expectRightToLeft(conversation(page).getByText('ثم ماذا؟'))
    world.upstream.replyOnce({ tokens: ['Depois.'] })
    gate.open()
    await lastReply(page).getByText('Depois.').waitFor()
    await page.getByRole('button', { name: 'Compartilhar' }).press('Enter')
    await page.getByRole('button', { name: 'Criar link' }).press('Enter')
    const address = await page.getByLabel('Endereço do link').inputValue()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Configurações' }).press('Enter')
    await expectRightToLeft(page.getByRole('dialog').getByText('مياه'))
    await page.goto(address)
    await expectRightToLeft(page.getByText('سؤال عن الماء'))
    await page.goto('/')
    await chooseInMenu(page, 'مياه', 'Apagar')
    await expectRightToLeft(page.getByText('foi apagada').getByText('مياه'))
    expect(faults).toEqual([])
  })
})

async function expectRightToLeft(text: Locator): Promise<void> {
  expect(await text.evaluate(element => getComputedStyle(element).direction)).toBe('rtl')
}
