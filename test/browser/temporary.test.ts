import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, lastReply, noBrowser } from '../e2e/browser.ts'
import { expectAccessible, PATIENT, soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

const world = shareWorld()

const SECRET = 'xqsegredinho'
const choice = (page: Page) => page.getByRole('checkbox', { name: 'Conversa temporária' })

/** All that the page has kept in this browser: storages, caches and databases. */
const keptBy = (page: Page) =>
  page.evaluate(async () => {
    const texts = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })]
    for (const name of await caches.keys()) {
      const cache = await caches.open(name)
      for (const request of await cache.keys()) {
        texts.push(request.url)
        const response = await cache.match(request)
        texts.push((await response?.text()) ?? '')
      }
    }
    texts.push(...(await indexedDB.databases()).map(({ name }) => `database ${name}`))
    return texts.join('\n')
  })

describe.skipIf(noBrowser)('temporary conversations', PATIENT, () => {
  test.each([390, 1440])(
    'one survives a reload and a second tab, is in no list, and is erased for good (%i px)',
    async width => {
      const person = await world.visit({ width })
      const { page, faults } = person
      await choice(page).press(' ')
      await page.getByText('24 horas depois da última mensagem').waitFor()
      await expectAccessible(page, 'temporary start')
      world.upstream.replyOnce({ tokens: ['Um riacho.'] })
      await ask(page, `O que é ${SECRET}?`)
      await lastReply(page).getByText('Um riacho.').waitFor()
      const note = page.locator('[data-temporary]')
      await note.getByText('Será apagada de vez em').waitFor()
      await expectAccessible(page, 'temporary')
      expect(await page.title()).toBe('Conversa temporária')
      for (const name of ['Compartilhar', 'Criar uma cópia a partir daqui'])
        expect(await page.getByRole('button', { name }).count()).toBe(0)
      await page.getByRole('heading', { name: 'Conversa temporária' }).waitFor()
      if (width === 1440) await page.getByText('Suas conversas aparecem aqui.').waitFor()

      await page.reload()
      await lastReply(page).getByText('Um riacho.').waitFor()
      await page.getByRole('textbox', { name: 'Mensagem' }).fill(`e ${SECRET} de novo`)
      const second = await person.openTab(new URL(page.url()).pathname)
      await lastReply(second).getByText('Um riacho.').waitFor()
      expect(await keptBy(page)).toContain(SECRET)

      await note.getByRole('button', { name: 'Apagar agora' }).click()
      await note.getByRole('button', { name: 'Apagar de vez mesmo?' }).click()
      await page.getByText('Olá! Em que posso ajudar?').waitFor()
      expect(await page.getByRole('textbox', { name: 'Mensagem' }).inputValue()).toBe('')
      expect(await choice(page).isChecked()).toBe(false)
      expect(await page.getByRole('button', { name: 'Desfazer' }).count()).toBe(0)
      await second.getByText('Não encontramos esta conversa').first().waitFor()
      for (const tab of [page, second]) await soon(() => keptBy(tab)).not.toContain(SECRET)
      // The second tab asked for what is gone.
      expect(faults.filter(fault => !fault.includes('404'))).toEqual([])
    },
  )

  test('the palette begins one, and its menu offers nothing that would keep it', async () => {
    const { page } = await world.visit()
    await page.getByRole('textbox', { name: 'Mensagem' }).fill('/temp')
    await page.getByRole('option', { name: 'Nova conversa temporária' }).waitFor()
    await page.keyboard.press('Enter')
    await soon(() => choice(page).isChecked()).toBe(true)
    world.upstream.replyOnce({ tokens: ['Um riacho.'] })
    await ask(page, 'Oi')
    await lastReply(page).getByText('Um riacho.').waitFor()
    await page.locator('header').getByRole('button', { name: 'Opções' }).click()
    await page.getByRole('menuitem').first().waitFor()
    expect(await page.getByRole('menuitem').allInnerTexts()).toEqual([
      'Baixar em Markdown',
      'Baixar com os arquivos (zip)',
      'Baixar em JSON',
      'Imprimir ou salvar em PDF',
      'Encerrar',
      'Apagar agora',
    ])
  })

  test('what was written in one that has gone does not come back anywhere', async () => {
    const { page } = await world.visit()
    await choice(page).press(' ')
    world.upstream.replyOnce({ tokens: ['Um riacho.'] })
    await ask(page, 'Oi')
    await lastReply(page).getByText('Um riacho.').waitFor()
    await page.getByRole('textbox', { name: 'Mensagem' }).fill(SECRET)
    await page.evaluate(
      path => fetch(`/api/chat/conversations/${path.split('/').at(-1)}`, { method: 'DELETE' }),
      page.url(),
    )
    await page.reload()
    await page.getByText('Não encontramos esta conversa').first().waitFor()
    await soon(() => keptBy(page)).not.toContain(SECRET)
    await page.goto(world.server.url)
    expect(await page.getByRole('textbox', { name: 'Mensagem' }).inputValue()).toBe('')
  })
})
