import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { ask, lastReply, noBrowser } from '../e2e/browser.ts'
import { otherDevice } from '../e2e/otherDevice.ts'
import { expectAccessible, focused, makeConversations, PATIENT, soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

const world = shareWorld({ API_KEYS: 'true' })

describe.skipIf(noBrowser)('settings', PATIENT, () => {
  test('the language changes at once, without losing what was typed, and stays', async () => {
    const { page, faults } = await world.visit()
    await page.getByText('Olá! Em que posso ajudar?').waitFor()
    await page.getByRole('textbox').fill('quase pronto')
    await page.getByRole('button', { name: 'Configurações' }).press('Enter')
    await expectAccessible(page, 'settings')
    await page.getByRole('radio', { name: 'Português (Brasil)' }).press('ArrowRight')
    await page.getByRole('dialog', { name: 'Settings' }).waitFor()
    await page.keyboard.press('Escape')
    expect(await focused(page).innerText()).toBe('Settings')
    await page.getByText('Hello! How can I help?').waitFor()
    expect(await page.getByRole('textbox').inputValue()).toBe('quase pronto')
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    await page.reload()
    await page.getByRole('button', { name: 'Settings' }).waitFor()
    expect(await page.getByRole('textbox').inputValue()).toBe('quase pronto')
    expect(faults).toEqual([])
  })

  test('of two languages chosen on a slow line the last one stays, whichever comes last', async () => {
    const { page, faults } = await world.visit()
    const [asked, release] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()]
    await page.route('**/assets/en-*.js', async route => {
      asked.resolve(route.request().url())
      await release.promise
      await route.continue()
    })
    await page.getByRole('button', { name: 'Configurações' }).press('Enter')
    await page.getByText('English', { exact: true }).click()
    const script = await asked.promise
    await page.getByText('Español', { exact: true }).click()
    await page.getByRole('dialog', { name: 'Ajustes' }).waitFor()
    release.resolve()
    await page.evaluate(`import('${script}').then(() => null)`)
    await page.evaluate(() => new Promise(resolve => setTimeout(() => requestAnimationFrame(resolve))))
    expect(await page.getByRole('dialog', { name: 'Ajustes' }).count()).toBe(1)
    expect(await page.locator('html').getAttribute('lang')).toBe('es')
    expect(faults).toEqual([])
  })

  test('a time after which old conversations go is stored at once, and taken back', async () => {
    const { page, faults } = await world.visit({ width: 390 })
    const open = async () => {
      await page.getByRole('button', { name: 'Abrir lista de conversas' }).click()
      await page.getByRole('button', { name: 'Configurações' }).press('Enter')
      return page.getByRole('group', { name: 'Apagar conversas antigas' })
    }
    const stored = () =>
      page.evaluate(async () => (await (await fetch('/api/chat/retention')).json()).retention.days)
    let setting = await open()
    await soon(() => setting.getByRole('radio', { name: 'Nunca' }).isChecked()).toBe(true)
    await setting.getByText('Depois de 30 dias').click()
    await soon(stored).toBe(30)
    await page.reload()
    setting = await open()
    await soon(() => setting.getByRole('radio', { name: 'Depois de 30 dias' }).isChecked()).toBe(true)
    await expectAccessible(page, 'retention')
    await setting.getByText('Nunca').click()
    await soon(stored).toBeNull()
    expect(faults).toEqual([])
  })

  test('where the system chooses all colours, what is on and what is chosen can be told apart', async () => {
    const { page } = await world.visit()
    await page.emulateMedia({ forcedColors: 'active' })
    const send = await page.getByRole('button', { name: 'Enviar mensagem' }).evaluate(button => {
      const { opacity, borderTopWidth, borderTopColor, backgroundColor } = getComputedStyle(button)
      return { opacity, width: borderTopWidth, isSeen: borderTopColor !== backgroundColor }
    })
    expect(send).toEqual({ opacity: '1', width: '2px', isSeen: true })
    await page.getByRole('button', { name: 'Configurações' }).press('Enter')
    await page.getByRole('dialog', { name: 'Configurações' }).waitFor()
    const looks = await page.evaluate(() => {
      const colours = (element: Element, part?: string) => {
        const { backgroundColor, borderTopColor } = getComputedStyle(element, part)
        return { background: backgroundColor, border: borderTopColor }
      }
      const find = (selector: string) => document.querySelector(selector) as Element
      const [on, off] = [find('[role=switch]:checked'), find('[role=switch]:not(:checked)')]
      return {
        on: colours(on),
        onKnob: colours(on, '::before'),
        off: colours(off),
        offKnob: colours(off, '::before'),
        chosen: colours(find('.choice:has(:checked)')),
        other: colours(find('.choice:not(:has(:checked))')),
        dialog: colours(find('[role=dialog]')),
      }
    })
    expect(looks.chosen.background).not.toBe(looks.other.background)
    expect(looks.on.background).not.toBe(looks.off.background)
    expect(looks.onKnob.background).not.toBe(looks.on.background)
    expect(looks.offKnob.background).not.toBe(looks.off.background)
    expect(looks.off.border).not.toBe(looks.dialog.background)
  })

  for (const [theme, isHigh] of [
    ['Claro', false],
    ['Escuro', false],
    ['Escuro', true],
  ] as const) {
    test(`the theme ${theme}${isHigh ? ' with high contrast' : ''} holds at once, and over a reload`, async () => {
      const { page, faults } = await world.visit({ width: 390, height: 844 })
      await page.getByText('Suas conversas aparecem aqui.').waitFor({ state: 'attached' })
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox').fill('configura')
      await page.keyboard.press('Enter')
      await page.getByRole('dialog', { name: 'Configurações' }).waitFor()
      await page.getByText(theme, { exact: true }).click()
      if (isHigh) await page.getByRole('switch', { name: 'Alto contraste' }).press('Space')
      const looks = () =>
        page.evaluate(() => {
          const { theme, contrast } = document.documentElement.dataset
          const metas = document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')
          return {
            theme,
            contrast,
            background: getComputedStyle(document.body).backgroundColor,
            around: [...metas].map(({ content }) => content),
          }
        })
      const before = await looks()
      expect(before.theme).toBe(theme === 'Claro' ? 'light' : 'dark')
      expect(before.contrast).toBe(isHigh ? 'high' : undefined)
      expect(before.around).toEqual(Array(2).fill(theme === 'Claro' ? '#faf9f5' : '#0f1516'))
      await expectAccessible(page, theme)
      await page.reload()
      await page.getByRole('textbox').waitFor()
      expect(await looks()).toEqual(before)
      expect(faults).toEqual([])
    })
  }

  test('how replies are read is kept in this browser', async () => {
    const { page } = await world.visit()
    const open = () => page.getByRole('button', { name: 'Configurações' }).click()
    await open()
    await page.getByRole('switch', { name: 'Texto fluido' }).click()
    await page.getByText('Ficar no começo').click()
    await page.reload()
    await open()
    expect(await page.getByRole('switch', { name: 'Texto fluido' }).isChecked()).toBe(false)
    expect(await page.getByRole('radio', { name: 'Ficar no começo' }).isChecked()).toBe(true)
  })

  test('other devices are listed and signed out by the keyboard, one or all, and this one stays', async () => {
    const { page, faults } = await world.visit()
    await makeConversations(page, ['Segredo'])
    const devices = ['iPhone', 'Windows', 'Android'].map(system =>
      otherDevice(world.server, `Mozilla/5.0 (${system}) Firefox/140.0`),
    )
    const titlesAt = async (index: number) =>
      (await devices[index]?.get('/api/chat/conversations'))?.body.conversations.map(({ title }) => title)
    expect(await titlesAt(0)).toEqual(['Segredo'])
    await page.getByRole('button', { name: 'Configurações' }).click()
    const section = page.getByRole('region', { name: 'Seus aparelhos' })
    await section.getByText('Este aparelho').waitFor()
    expect(await section.getByRole('listitem').count()).toBe(4)
    await expectAccessible(page, 'devices')
    await section.getByRole('button', { name: /^Desconectar: Firefox · iPhone/ }).focus()
    await page.keyboard.press('Enter')
    await section.getByRole('button', { name: /^Desconectar mesmo\?: Firefox · iPhone/ }).press('Enter')
    await section.getByRole('status').filter({ hasText: 'O aparelho foi desconectado.' }).waitFor()
    await soon(() => section.getByRole('listitem').count()).toBe(3)
    expect(await focused(page).evaluate(element => element.closest('section')?.textContent)).toContain(
      'Seus aparelhos',
    )
    expect([await titlesAt(0), await titlesAt(1)]).toEqual([[], ['Segredo']])
    await section.getByRole('button', { name: 'Desconectar todos os outros' }).press('Enter')
    await section.getByRole('button', { name: 'Desconectar mesmo todos os outros?' }).press('Enter')
    await soon(() => section.getByRole('listitem').count()).toBe(1)
    expect(await section.getByRole('button').count()).toBe(0)
    expect(await titlesAt(1)).toEqual([])
    await page.reload()
    await page.getByText('Segredo').first().waitFor()
    expect(faults).toEqual([])
  })

  test('a key is made, shown once and revoked by the keyboard, and a program uses it', async () => {
    const { page, faults } = await world.visit()
    await makeConversations(page, ['Segredo'])
    await page.getByRole('button', { name: 'Configurações' }).click()
    const section = page.getByRole('region', { name: 'Chaves de API' })
    await section.getByRole('button', { name: 'Criar chave' }).press('Enter')
    await expectAccessible(page, 'asked for a key')
    await page.keyboard.type('Planilha')
    expect(await section.getByRole('radio', { name: '90 dias' }).isChecked()).toBe(true)
    await page.keyboard.press('Enter')
    const field = section.getByRole('textbox', { name: 'Chave' })
    await field.waitFor()
    expect(await focused(page).innerText()).toBe('Copiar chave')
    await expectAccessible(page, 'made a key')
    const authorization = `Bearer ${await field.inputValue()}`
    const program = world.server.client()
    const titles = (await program.get('/api/chat/conversations', { authorization })).body.conversations
    expect(titles.map(({ title }) => title)).toEqual(['Segredo'])
    await section.getByRole('button', { name: 'Já guardei' }).press('Enter')
    await soon(() => focused(page).innerText()).toBe('Criar chave')
    expect(await section.getByRole('textbox').count()).toBe(0)
    expect(await section.getByRole('listitem').innerText()).toContain('Lê · ')
    await section.getByRole('button', { name: 'Revogar: Planilha' }).press('Enter')
    await section.getByRole('button', { name: 'Revogar mesmo?: Planilha' }).press('Enter')
    await section.getByRole('status').filter({ hasText: 'A chave não vale mais.' }).waitFor()
    expect(await section.getByRole('listitem').count()).toBe(0)
    expect(await focused(page).evaluate(element => element.closest('section')?.textContent)).toContain(
      'Chaves de API',
    )
    expect((await program.get('/api/chat/conversations', { authorization })).status).toBe(401)
    expect(faults).toEqual([])
  })

  test('everything is downloaded, and then erased for good, once the word is typed', async () => {
    const { page, faults } = await world.visit()
    await makeConversations(page, ['Segredo'])
    await page.getByRole('button', { name: 'Configurações' }).click()
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Baixar tudo' }).click()
    expect(await readFile(await (await download).path(), 'utf8')).toContain('Segredo')
    await page.getByRole('button', { name: 'Apagar tudo' }).press('Enter')
    await expectAccessible(page, 'asked to erase')
    const seen = await page.getByRole('dialog').evaluate(dialog => {
      const { bottom } = dialog.getBoundingClientRect()
      return [...dialog.querySelectorAll('form button')].map(
        button => button.getBoundingClientRect().bottom <= bottom,
      )
    })
    expect(seen).toEqual([true, true])
    await page.getByRole('button', { name: 'Cancelar' }).press('Enter')
    await soon(() => focused(page).innerText()).toBe('Apagar tudo')
    await page.keyboard.press('Enter')
    const confirm = page.getByRole('button', { name: 'Apagar tudo de vez' })
    expect(await confirm.isDisabled()).toBe(true)
    await page.keyboard.type('apagar')
    await page.keyboard.press('Enter')
    await page.getByText('Suas conversas aparecem aqui.').waitFor()
    const gone = page.getByText('Tudo foi apagado: suas conversas, mensagens e links.')
    await gone.waitFor()
    expect(world.server.rows('SELECT count(*) AS count FROM conversations')).toEqual([{ count: 0 }])
    await page.reload()
    await page.getByText('Suas conversas aparecem aqui.').waitFor()
    expect(await gone.count()).toBe(0)
    expect(faults).toEqual([])
  })

  test('an erasure that failed says why, and what is known of what is gone', async () => {
    const { page } = await world.visit()
    const body = JSON.stringify({ success: false, code: 'RATE_LIMITED', message: '', requestId: '' })
    await page.route('**/api/chat/owner', route => route.fulfill({ status: 429, body }), { times: 1 })
    await page.getByRole('button', { name: 'Configurações' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Apagar tudo' }).click()
    await page.keyboard.type('apagar')
    await page.keyboard.press('Enter')
    await dialog.getByText('Nada foi apagado.').waitFor()
    await dialog.getByText('Foram pedidos demais em pouco tempo.').waitFor()
    await page.route('**/api/chat/owner', route => route.abort())
    await page.keyboard.press('Enter')
    await dialog.getByText('Não dá para saber se algo já foi apagado.').waitFor()
    await dialog.getByText('Não conseguimos falar com o servidor.').waitFor()
    await expectAccessible(page, 'not erased')
    await page.keyboard.press('Escape')
    await soon(() => dialog.count()).toBe(0)
    expect(await page.getByText('Não conseguimos falar com o servidor.').count()).toBe(0)
  })

  test('all links are in one place', async () => {
    const { page, faults } = await world.visit()
    world.upstream.hold({ tokens: ['Sim.'] }).open()
    await ask(page, 'Há rios?')
    await lastReply(page).getByText('Sim.').waitFor()
    await page.getByRole('button', { name: 'Compartilhar' }).click()
    await page.getByRole('button', { name: 'Criar link' }).click()
    await page.getByText('O link está pronto.').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Configurações' }).click()
    const dialog = page.getByRole('dialog', { name: 'Configurações' })
    await dialog.getByText('Há rios?').waitFor()
    await dialog.getByRole('button', { name: /^Revogar/ }).press('Enter')
    await dialog.getByRole('button', { name: /^Revogar mesmo/ }).press('Enter')
    await dialog.getByText('Você ainda não compartilhou nenhuma conversa.').waitFor()
    expect(faults).toEqual([])
  })
})
