import type { Browser, Page, Route } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorld } from '../harness/server.ts'
import { ask, conversation, lastReply, launchBrowser, newPerson, noBrowser } from './browser.ts'
import { expectAccessible } from './page.ts'

/** A busy machine draws late. */
const PATIENT = { timeout: 10_000 }

describe.skipIf(noBrowser)('branches of a conversation', () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchBrowser()
  })

  afterAll(() => browser.close())

  test('a complete reply is written again, and the versions are leafed through with the keyboard alone', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const { page } = person
    world.upstream.replyOnce({ tokens: ['Primeira', ' resposta.'] })
    world.upstream.replyOnce({ tokens: ['Segunda', ' resposta.'] })
    await ask(page, 'Oi')
    await shows(page, 'Primeira resposta.')
    await page.getByRole('button', { name: 'Gerar outra resposta' }).press('Enter')
    await shows(page, 'Segunda resposta.')
    await page.getByText('2 / 2').waitFor()
    expect(await focusedName(page)).toBe('Mensagem')
    const previous = page.getByRole('button', { name: 'Versão anterior' })
    await previous.press('Enter')
    await shows(page, 'Primeira resposta.')
    await page.getByText('1 / 2').waitFor()
    expect(await focusedName(page)).toBe('Versão anterior')
    await expectAccessible(page, 'two versions')
    await page.reload()
    await shows(page, 'Primeira resposta.')
    expect(person.faults).toEqual([])
  })

  test('an edited question begins a branch, also the first one; the draft and the other branch stay', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const { page } = person
    world.upstream.replyOnce({ tokens: ['Um.'] })
    world.upstream.replyOnce({ tokens: ['Dois.'] })
    world.upstream.replyOnce({ tokens: ['Três.'] })
    await ask(page, 'Pergunta um')
    await shows(page, 'Um.')
    await ask(page, 'Pergunta dois')
    await shows(page, 'Dois.')
    await page.getByRole('textbox', { name: 'Mensagem', exact: true }).fill('rascunho')
    await page.getByRole('button', { name: 'Editar pergunta' }).first().press('Enter')
    const field = page.getByRole('textbox', { name: 'Editar mensagem' })
    expect(await focusedName(page)).toBe('Editar mensagem')
    expect(await field.inputValue()).toBe('Pergunta um')
    await expectAccessible(page, 'editing')
    await field.press('Escape')
    expect(await field.count()).toBe(0)
    await expect.poll(() => focusedName(page), PATIENT).toBe('Editar pergunta')
    await page.keyboard.press('Enter')
    await field.fill('Pergunta outra')
    await field.press('Enter')
    await shows(page, 'Três.')
    expect(await conversation(page).getByText('Pergunta um').count()).toBe(0)
    expect(await focusedName(page)).toBe('Mensagem')
    expect(await page.getByRole('textbox').inputValue()).toBe('rascunho')
    await page.getByRole('button', { name: 'Versão anterior' }).press('Enter')
    await shows(page, 'Dois.')
    expect(world.server.rows(`select id from messages where role = 'USER'`).length).toBe(3)
    expect(person.faults).toEqual([])
  })

  test('an IME that confirms a word does not send the edited question', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const { page } = person
    world.upstream.reply({ tokens: ['Sim.'] })
    await ask(page, 'Oi')
    await shows(page, 'Sim.')
    await page.getByRole('button', { name: 'Editar pergunta' }).click()
    const cdp = await person.context.newCDPSession(page)
    await cdp.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 })
    await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Enter', windowsVirtualKeyCode: 229 })
    await cdp.send('Input.insertText', { text: '日本' })
    for (const key of ['Enter', 'Escape'])
      await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key, windowsVirtualKeyCode: 229 })
    expect(await page.getByRole('textbox', { name: 'Editar mensagem' }).inputValue()).toBe('Oi日本')
    expect(world.upstream.requests.length).toBe(1)
  })

  test('another tab follows the version that was chosen, and does not lose what is typed or edited there', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const { page } = person
    world.upstream.replyOnce({ tokens: ['Primeira.'] })
    world.upstream.replyOnce({ tokens: ['Segunda.'] })
    const third = world.upstream.hold({ tokens: ['Ter', 'ceira.'] })
    await ask(page, 'Oi')
    await shows(page, 'Primeira.')
    const second = await person.openTab(new URL(page.url()).pathname)
    await shows(second, 'Primeira.')
    await page.getByRole('button', { name: 'Gerar outra resposta' }).click()
    await shows(page, 'Segunda.')
    await shows(second, 'Segunda.')
    await second.getByRole('textbox').fill('meu rascunho')
    await page.getByRole('button', { name: 'Versão anterior' }).click()
    await shows(second, 'Primeira.')
    expect(await second.getByRole('textbox').inputValue()).toBe('meu rascunho')
    await second.getByRole('button', { name: 'Editar pergunta' }).click()
    await second.getByRole('textbox', { name: 'Editar mensagem' }).fill('pela metade')
    await page.getByRole('button', { name: 'Editar pergunta' }).click()
    await page.getByRole('textbox', { name: 'Editar mensagem' }).fill('De lá')
    await page.keyboard.press('Enter')
    await third.next()
    await lastReply(page).getByText('Ter').waitFor()
    await second.getByRole('button', { name: 'Parar resposta' }).waitFor()
    const edited = second.getByRole('textbox', { name: 'Editar mensagem' })
    expect(await edited.inputValue()).toBe('pela metade')
    const held = second.getByText('Vai poder ser enviada quando a resposta que está sendo escrita terminar.')
    await held.waitFor()
    await second.setViewportSize({ width: 390, height: 844 })
    await held.waitFor()
    await second.setViewportSize({ width: 1440, height: 900 })
    third.open()
    await held.waitFor({ state: 'detached' })
    await shows(page, 'Terceira.')
    await second.getByRole('button', { name: 'Enviar mensagem' }).waitFor()
    expect(await edited.inputValue()).toBe('pela metade')
    expect(await lastReply(second).innerText()).toContain('Primeira.')
    await page.getByRole('button', { name: 'Versão anterior' }).click()
    const fourth = world.upstream.hold({ tokens: ['Quarta', '.'] })
    await page.getByRole('button', { name: 'Gerar outra resposta' }).click()
    await fourth.next()
    await second.getByText('Quarta').first().waitFor()
    expect(await edited.inputValue()).toBe('pela metade')
    fourth.open()
    await shows(page, 'Quarta.')
    expect(await edited.inputValue()).toBe('pela metade')
    expect(person.faults).toEqual([])
  })

  test('a version that cannot be stored is taken back, and the reason said', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const { page, context } = person
    world.upstream.replyOnce({ tokens: ['Primeira.'] })
    world.upstream.replyOnce({ tokens: ['Segunda.'] })
    await ask(page, 'Oi')
    await shows(page, 'Primeira.')
    await page.getByRole('button', { name: 'Gerar outra resposta' }).click()
    await shows(page, 'Segunda.')
    await context.route('**/api/chat/conversations/*', route =>
      route.request().method() === 'PATCH' ? route.abort() : route.continue(),
    )
    await page.getByRole('button', { name: 'Versão anterior' }).click()
    await page
      .getByRole('alert')
      .getByText('Não conseguimos falar com o servidor.', { exact: false })
      .waitFor()
    await shows(page, 'Segunda.')
    await page.getByRole('button', { name: 'Dispensar aviso' }).press('Enter')
    expect(await focusedName(page)).toBe('Mensagem')
  })

  test('a conversation goes on from a message in a new one', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const { page } = person
    world.upstream.reply({ tokens: ['Sim.'] })
    await ask(page, 'Oi')
    await shows(page, 'Sim.')
    await ask(page, 'E depois?')
    await expect.poll(() => conversation(page).getByText('Sim.').count(), PATIENT).toBe(2)
    await page.getByRole('button', { name: 'Enviar mensagem' }).waitFor()
    const before = page.url()
    await page.getByRole('button', { name: 'Levar para outra conversa' }).nth(1).press('Enter')
    await expect.poll(() => page.url(), PATIENT).not.toBe(before)
    await shows(page, 'Sim.')
    expect(await conversation(page).getByText('E depois?').count()).toBe(0)
    const listed = page.getByRole('navigation').getByRole('link', { name: 'Oi', exact: true })
    await expect.poll(() => listed.count(), PATIENT).toBe(2)
    expect(await listed.first().getAttribute('aria-current')).toBe('page')
    expect(person.faults).toEqual([])
  })

  test('a slow fork is made once, and opens only if nobody has turned to anything else', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const { page } = person
    world.upstream.reply({ tokens: ['Sim.'] })
    await ask(page, 'Oi')
    await shows(page, 'Sim.')
    const before = page.url()
    const held: Route[] = []
    await page.route('**/fork', route => void held.push(route))
    const fork = page.getByRole('button', { name: 'Levar para outra conversa' }).first()
    const listed = page.getByRole('navigation').getByRole('link', { name: 'Oi', exact: true })
    await fork.click()
    await expect.poll(() => held.length, PATIENT).toBe(1)
    await page.getByLabel('Mensagem', { exact: true }).click()
    await page.keyboard.type('E depois?')
    await held[0]?.continue()
    await expect.poll(() => listed.count(), PATIENT).toBe(2)
    expect(page.url()).toBe(before)
    await fork.dblclick()
    await expect.poll(() => held.length, PATIENT).toBe(2)
    await held[1]?.continue()
    await expect.poll(() => page.url(), PATIENT).not.toBe(before)
    expect(await focusedName(page)).toBe('Mensagem')
    await expect.poll(() => listed.count(), PATIENT).toBe(3)
    expect(held.length).toBe(2)
    expect(person.faults).toEqual([])
  })
})

/** The text is in the last message, and nothing is being written any more. */
async function shows(page: Page, text: string): Promise<void> {
  await lastReply(page).getByText(text).waitFor()
  await page.getByRole('button', { name: 'Enviar mensagem' }).waitFor()
}

function focusedName(page: Page): Promise<string | null | undefined> {
  return page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
}
