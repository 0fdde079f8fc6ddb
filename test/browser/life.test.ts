import { describe, expect, test } from 'vitest'
import { ask, conversation, lastReply, messageField, noBrowser, written } from '../e2e/browser.ts'
import {
  chooseInMenu,
  expectAccessible,
  focused,
  makeConversations,
  PATIENT,
  rows,
  soon,
} from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import { openWorld } from '../harness/server.ts'

const world = shareWorld()

describe.skipIf(noBrowser)('the life of a conversation', PATIENT, () => {
  test('it is pinned, renamed, closed, archived and found again, by keyboard alone', async () => {
    const { page, faults } = await world.visit()
    await makeConversations(page, ['Rios', 'Mares'])
    expect(await rows(page)).toEqual(['Mares', 'Rios'])
    await chooseInMenu(page, 'Rios', 'Fixar')
    await soon(() => rows(page)).toEqual(['Rios', 'Mares'])
    await page.getByRole('heading', { name: 'Fixadas' }).waitFor()
    await soon(() => focused(page).getAttribute('data-row')).not.toBeNull()
    expect(await focused(page).innerText()).toBe('Rios')

    await chooseInMenu(page, 'Rios', 'Renomear')
    await soon(() => focused(page).inputValue()).toBe('Rios')
    await expectAccessible(page, 'renaming')
    await page.keyboard.type('Rios do Sul')
    await page.keyboard.press('Enter')
    await soon(() => rows(page)).toEqual(['Rios do Sul', 'Mares'])
    await soon(() => focused(page).getAttribute('aria-label')).toBe('Opções: Rios do Sul')

    await chooseInMenu(page, 'Mares', 'Encerrar')
    await page.locator('[data-row]', { hasText: 'Encerrada' }).waitFor()
    await chooseInMenu(page, 'Mares', 'Arquivar')
    await soon(() => rows(page)).toEqual(['Rios do Sul'])
    expect(await focused(page).innerText()).toBe('Rios do Sul')
    await page.getByRole('button', { name: 'Arquivadas' }).press('Enter')
    await soon(() => rows(page)).toEqual(['Mares\nEncerrada'])
    await expectAccessible(page, 'archived')
    await chooseInMenu(page, 'Mares', 'Desarquivar')
    await page.getByText('As conversas que você arquivar aparecem aqui.').waitFor()
    await page.getByRole('button', { name: 'Voltar para as conversas' }).press('Enter')
    await soon(() => rows(page)).toEqual(['Rios do Sul', 'Mares\nEncerrada'])
    expect(await focused(page).getAttribute('aria-label')).toBe('Arquivadas')
    expect(faults).toEqual([])
  })

  test('a rename that is slow closes no other dialog, and one that fails then is told by the page', async () => {
    const { page } = await world.visit()
    await makeConversations(page, ['Rios'])
    let answer = (_isAway: boolean) => {}
    await page.route('**/api/chat/conversations/*', async route => {
      const { promise, resolve } = Promise.withResolvers<boolean>()
      answer = resolve
      await ((await promise) ? route.abort() : route.continue())
    })
    const renameAndLeave = async (title: string) => {
      await chooseInMenu(page, 'Rios', 'Renomear')
      await page.getByLabel('Título').fill(title)
      const asked = page.waitForRequest(request => request.method() === 'PATCH')
      await page.keyboard.press('Enter')
      await asked
      await page.keyboard.press('Escape')
      await soon(() => page.getByRole('dialog').count()).toBe(0)
    }
    await renameAndLeave('Mares')
    answer(true)
    await page.getByText('Não conseguimos falar com o servidor.').waitFor()
    await renameAndLeave('Mares')
    await page.getByRole('button', { name: 'Configurações' }).click()
    const settings = page.getByRole('dialog', { name: 'Configurações' })
    await settings.waitFor()
    answer(false)
    await soon(() => rows(page)).toEqual(['Mares'])
    await page.evaluate(() => new Promise(resolve => requestAnimationFrame(resolve)))
    expect(await settings.count()).toBe(1)
  })

  test('it is deleted at once, which can be undone, and the keyboard is never lost', async () => {
    const { page, faults } = await world.visit()
    const [, , id = ''] = await makeConversations(page, ['Um', 'Dois', 'Três'])
    await page.getByRole('link', { name: 'Três' }).click()
    await page.waitForURL(`**/c/${id}`)
    await chooseInMenu(page, 'Três', 'Apagar')
    await soon(() => rows(page)).toEqual(['Dois', 'Um'])
    await page.waitForURL(url => url.pathname === '/')
    await expectAccessible(page, 'deleted')
    await page.getByRole('button', { name: 'Desfazer' }).press('Enter')
    await page.waitForURL(`**/c/${id}`)
    await soon(() => rows(page)).toEqual(['Três', 'Dois', 'Um'])
    await soon(() => focused(page).getAttribute('data-row')).toBe(id)

    await chooseInMenu(page, 'Dois', 'Apagar')
    await soon(() => rows(page)).toEqual(['Três', 'Um'])
    await soon(() => focused(page).innerText()).toBe('Um')
    await page.getByRole('button', { name: 'Dispensar: a conversa continua apagada' }).click()
    await soon(() => page.getByRole('button', { name: 'Desfazer' }).count()).toBe(0)
    await page.reload()
    await page.locator('[data-row]').first().waitFor()
    expect(await rows(page)).toEqual(['Três', 'Um'])
    expect(faults).toEqual([])
  })

  test('who goes on writing while a deletion is undone keeps the keyboard', async () => {
    const { page, faults } = await world.visit()
    await makeConversations(page, ['Um', 'Dois'])
    await chooseInMenu(page, 'Um', 'Apagar')
    await soon(() => rows(page)).toEqual(['Dois'])
    const { promise: written, resolve: goOn } = Promise.withResolvers<void>()
    await page.route('**/restore', async route => {
      await written
      await route.continue()
    })
    await page.getByRole('button', { name: 'Desfazer' }).click()
    const field = messageField(page)
    await field.click()
    await field.pressSequentially('um rio')
    goOn()
    await soon(() => rows(page)).toEqual(['Dois', 'Um'])
    await page.evaluate(() => new Promise(resolve => setTimeout(() => requestAnimationFrame(resolve))))
    await page.keyboard.type(' longo')
    expect(await field.inputValue()).toBe('um rio longo')
    expect(faults).toEqual([])
  })

  test('deleted in another tab it leaves this one too, and says so to the keyboard, with what was being written', async () => {
    const { page, openTab, faults } = await world.visit()
    world.upstream.replyOnce({ tokens: ['Um segredo.'] })
    await ask(page, 'Conte')
    await lastReply(page).getByText('Um segredo.').waitFor()
    await written(page)
    const other = await openTab(new URL(page.url()).pathname)
    await lastReply(other).getByText('Um segredo.').waitFor()
    await page.bringToFront()
    await page.getByRole('textbox', { name: 'Mensagem' }).pressSequentially('E depois')
    await chooseInMenu(other, 'Conte', 'Apagar')
    await page.getByRole('heading', { name: 'Não encontramos esta conversa' }).waitFor()
    expect(await conversation(page).count()).toBe(0)
    await soon(() => focused(page).innerText()).toBe('Não encontramos esta conversa')
    await expectAccessible(page, 'deleted elsewhere')
    await page.getByRole('main').getByRole('button', { name: 'Nova conversa' }).press('Enter')
    await soon(() => page.getByRole('textbox', { name: 'Mensagem' }).inputValue()).toBe('E depois')
    expect(faults.filter(fault => !fault.includes('404'))).toEqual([])
  })

  test('archived from its header, it says so, and that can be undone', async () => {
    const { page, faults } = await world.visit()
    await makeConversations(page, ['Um'])
    await page.getByRole('link', { name: 'Um' }).click()
    await page.waitForURL('**/c/*')
    await messageField(page).fill('ainda por dizer')
    await page.getByRole('banner').getByRole('button', { name: 'Opções: Um' }).press('Enter')
    await page.getByRole('menuitem', { name: 'Arquivar' }).press('Enter')
    await page.getByRole('status').getByText('“Um” foi arquivada.').waitFor()
    await soon(() => rows(page)).toEqual([])
    await expectAccessible(page, 'archived')
    await page.getByRole('button', { name: 'Desfazer' }).press('Enter')
    await soon(() => rows(page)).toEqual(['Um'])
    await soon(() => focused(page).innerText()).toBe('Um')
    expect(await page.getByRole('button', { name: 'Desfazer' }).count()).toBe(0)
    expect(await messageField(page).inputValue()).toBe('ainda por dizer')
    expect(faults).toEqual([])
  })

  test('it gets a title from its first reply, in the list, the header and the other tab', async () => {
    await using own = await openWorld({ TITLES: 'provider' })
    const { page, openTab, faults } = await world.visit({ url: own.server.url })
    const second = await openTab('/')
    own.upstream.hold({ tokens: ['Muitos.'] }).open()
    const title = own.upstream.hold({ tokens: ['Rios', ' do', ' Brasil'] })
    await ask(page, 'Quantos rios tem o Brasil?')
    await page.locator('[data-row]', { hasText: 'Quantos rios' }).waitFor()
    await title.next()
    await page.locator('[data-row]').getByText('Rios', { exact: true }).waitFor()
    await page.getByRole('heading', { level: 1, name: 'Rios', exact: true }).waitFor()
    title.open()
    for (const tab of [page, second]) await tab.getByRole('link', { name: 'Rios do Brasil' }).waitFor()
    await page.getByRole('heading', { level: 1, name: 'Rios do Brasil' }).waitFor()
    expect(await page.title()).toBe('Rios do Brasil')
    expect(own.upstream.requests.length).toBe(2)
    expect(faults).toEqual([])
  })

  test('the list says that it is being read, that it is empty, and that it could not be read', async () => {
    const { page } = await world.visit()
    await page.getByText('Suas conversas aparecem aqui.').waitFor()
    let isAway = true
    let release = () => {}
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    await page.route('**/api/chat/conversations?**', async route => {
      await held
      await (isAway ? route.abort() : route.continue())
    })
    await page.reload({ waitUntil: 'commit' })
    await page.getByText('Carregando conversas…').waitFor({ state: 'attached' })
    await expectAccessible(page, 'loading')
    release()
    await page.getByText('Não conseguimos carregar suas conversas.').waitFor()
    await expectAccessible(page, 'failed')
    isAway = false
    await page.locator('[data-list]').getByRole('button', { name: 'Tentar de novo' }).click()
    await page.getByText('Suas conversas aparecem aqui.').waitFor()
  })

  test('on a phone the list is a drawer: the keyboard goes to its way out, and every target is large enough', async () => {
    const { page, faults } = await world.visit({ width: 390, height: 844 })
    await makeConversations(page, ['Um', 'Dois'])
    const opener = page.getByRole('button', { name: 'Abrir lista de conversas' })
    await opener.press('Enter')
    await soon(() => focused(page).getAttribute('aria-label')).toBe('Fechar lista de conversas')
    await expectAccessible(page, 'drawer')
    const drawer = page.getByRole('dialog')
    for (const target of await drawer.locator('a, button, input').all()) {
      const box = await target.boundingBox()
      expect(Math.min(box?.width ?? 0, box?.height ?? 0), await target.innerText()).toBeGreaterThanOrEqual(40)
    }
    await chooseInMenu(page, 'Dois', 'Apagar')
    await drawer.getByRole('button', { name: 'Desfazer' }).waitFor()
    expect(await focused(page).innerText()).toBe('Um')
    await drawer.getByRole('button', { name: 'Desfazer' }).press('Enter')
    await soon(() => rows(page)).toEqual(['Dois', 'Um'])
    await drawer.getByRole('link', { name: 'Um' }).click()
    await page.getByRole('heading', { level: 1, name: 'Um' }).waitFor()
    await soon(() => drawer.count()).toBe(0)
    expect(await focused(page).count()).toBe(1)
    await opener.press('Enter')
    const search = drawer.getByRole('searchbox')
    await search.fill('mar')
    await page.keyboard.press('Escape')
    expect(await search.inputValue()).toBe('')
    await page.keyboard.press('Escape')
    await soon(() => drawer.count()).toBe(0)
    expect(faults).toEqual([])
  })

  test('on a phone what did not happen is said in the drawer, over the page', async () => {
    const { page } = await world.visit({ width: 390, height: 844 })
    await makeConversations(page, ['Um'])
    await page.getByRole('button', { name: 'Abrir lista de conversas' }).press('Enter')
    const drawer = page.getByRole('dialog')
    await page.route('**/api/chat/conversations/*', route => route.abort())
    await chooseInMenu(page, 'Um', 'Arquivar')
    await drawer.getByRole('alert').getByText('Não conseguimos falar com o servidor.').waitFor()
    await expectAccessible(page, 'failed in the drawer')
    expect(await rows(page)).toEqual(['Um'])
    await drawer.getByRole('button', { name: 'Dispensar aviso' }).press('Enter')
    await soon(() => drawer.getByRole('alert').innerText()).toBe('')
    expect(await drawer.evaluate(element => element.contains(document.activeElement))).toBe(true)
    await page.keyboard.press('Escape')
    await soon(() => drawer.count()).toBe(0)
    expect(await page.getByText('Não conseguimos falar com o servidor.').count()).toBe(0)
  })
})
