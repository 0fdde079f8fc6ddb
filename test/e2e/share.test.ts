import { readFile } from 'node:fs/promises'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorld, type World } from '../harness/server.ts'
import { ask, conversation, lastReply, launchBrowser, newPerson, noBrowser } from './browser.ts'
import { chooseInMenu, expectAccessible, focused, makeConversations, PATIENT, soon } from './page.ts'

const ANSWER = 'O **Amazonas** é o maior.'
/** There is no clipboard API over plain http, away from localhost. */
const NO_CLIPBOARD = 'delete Navigator.prototype.clipboard'

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

  test('a link that is asked for twice in a row is made once', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const { page } = person
    await talk(world, page)
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
    expect(person.faults).toEqual([])
  })

  test('over plain http a link and a reply are copied too, and the keyboard stays where it was', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url, initScript: NO_CLIPBOARD })
    const { page } = person
    await talk(world, page)
    const field = page.getByLabel('Mensagem', { exact: true })
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
    await page.getByRole('button', { name: 'Copiar link' }).press('Enter')
    await soon(() => focused(page).innerText()).toBe('Copiado')
    await page.keyboard.press('Escape')
    expect(await pasted()).toBe(address)
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

  test('what reads from right to left does so wherever it is shown', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const { page } = person
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

  test('printed, a long paste is there to its last line, also in a copy', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const { page } = person
    const pasted = Array.from({ length: 60 }, (_, index) => `linha ${index}`).join('\n')
    await page.getByLabel('Mensagem', { exact: true }).evaluate((element, text) => {
      const clipboardData = new DataTransfer()
      clipboardData.setData('text/plain', text)
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    }, pasted)
    await talk(world, page)
    await page.getByRole('button', { name: 'Compartilhar' }).press('Enter')
    await page.getByRole('button', { name: 'Criar link' }).press('Enter')
    const address = await page.getByLabel('Endereço do link').inputValue()
    for (const path of [page.url(), address]) {
      await page.goto(path)
      const text = page.locator('details > :not(summary)')
      await text.waitFor({ state: 'attached' })
      expect(await text.isVisible()).toBe(false)
      await page.emulateMedia({ media: 'print' })
      expect(await text.isVisible()).toBe(true)
      expect(await text.innerText()).toBe(pasted)
      expect(await text.evaluate(box => box.scrollHeight - box.clientHeight)).toBe(0)
      await page.emulateMedia({ media: null })
    }
    expect(person.faults).toEqual([])
  })

  test('printed from a dark screen, a reply is dark on light, whole, and tells where its links lead', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url, colorScheme: 'dark' })
    const { page } = person
    world.upstream.replyOnce({
      reasoning: ['Pensei nisto.'],
      tokens: [PRINTED],
      sources: [{ url: 'https://example.com/foz', title: 'A foz' }],
    })
    await ask(page, 'Como se imprime?')
    await page.getByRole('button', { name: 'Detalhes da resposta' }).waitFor()
    await page.setViewportSize({ width: 600, height: 900 })
    for (const theme of ['system', 'dark']) {
      await page.evaluate(theme => {
        if (theme === 'dark') document.documentElement.dataset['theme'] = theme
        window.dispatchEvent(new Event('beforeprint'))
      }, theme)
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
      expect(await printedColours(page)).toEqual({ text: 'rgb(23, 33, 31)', page: 'rgb(250, 249, 245)' })
    }
    expect(await cutOff(page)).toEqual([])
    await page.getByText('Pensei nisto.').waitFor()
    expect(await page.getByRole('button').and(page.locator(':visible')).allInnerTexts()).toEqual([
      'gato – example.com',
    ])
    const shown = (selector: string) =>
      page
        .locator(selector)
        .evaluateAll(links => links.map(link => getComputedStyle(link, '::after').content))
    expect(await shown('a[href="https://example.com/delta"]')).toEqual(['" (https://example.com/delta)"'])
    expect(await shown('li li a[href="https://example.com/foz"]')).toEqual(['" (https://example.com/foz)"'])
    expect(await shown('.citation')).toEqual(['none'])
    expect(await shown('.image')).toEqual(['" (https://example.com/gato.png)"'])
  })
})

const LONG = 'uma linha muito comprida que passa da largura do papel '.repeat(6)
const PRINTED = `Texto com [um delta](https://example.com/delta) e uma fonte [1].

\`\`\`ts
const linha = '${LONG}'
\`\`\`

| rio | foz | ${'coluna | '.repeat(12)}
|---|---|${'---|'.repeat(12)}
| Amazonas | Atlântico | ${'comprimento | '.repeat(12)}

![gato](https://example.com/gato.png)`

/** The colours of the text of a reply and of the paper below it. */
function printedColours(page: Page) {
  return page.evaluate(() => ({
    text: getComputedStyle(document.querySelector('.markdown pre') as Element).color,
    page: getComputedStyle(document.body).backgroundColor,
  }))
}

/** What of a reply is wider than its place, and so not seen whole on paper. */
function cutOff(page: Page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('.markdown pre, .markdown .table')]
      .filter(box => box.scrollWidth > box.clientWidth)
      .map(({ className, tagName, scrollWidth }) => `${tagName} ${className} ${scrollWidth}`),
  )
}

async function expectRightToLeft(text: Locator): Promise<void> {
  expect(await text.evaluate(element => getComputedStyle(element).direction)).toBe('rtl')
}

async function talk(world: World, page: Page): Promise<void> {
  world.upstream.hold({ tokens: [ANSWER] }).open()
  await ask(page, 'Quais são os maiores rios?')
  await lastReply(page).getByText('é o maior.').waitFor()
  await page.getByRole('button', { name: 'Enviar mensagem' }).waitFor()
}
