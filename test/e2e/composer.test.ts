import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, conversation, lastReply, messageField, noBrowser, paste } from './browser.ts'
import { expectAccessible, soon } from './page.ts'
import { shareWorld } from './sharedWorld.ts'

const LONG = Array.from({ length: 40 }, (_, index) => `linha ${index}`).join('\n')

const world = shareWorld()

describe.skipIf(noBrowser)('the composer', () => {
  test('a long paste becomes an attachment that survives a reload and is sent beside the text', async () => {
    const { page, faults } = await world.visit()
    world.upstream.reply({ tokens: ['Li tudo.'] })
    await paste(page, LONG)
    await page.getByRole('list', { name: 'Anexos' }).getByText('Texto colado 1').waitFor()
    expect(await messageField(page).inputValue()).toBe('')
    await page.getByRole('button', { name: /^Texto colado 1/ }).press('Enter')
    await page.getByRole('dialog').getByText('linha 39').waitFor()
    await expectAccessible(page, 'attachment preview')
    await page.keyboard.press('Escape')
    await page.reload()
    await page.getByText('Texto colado 1').waitFor()
    await ask(page, 'Resuma')
    await lastReply(page).getByText('Li tudo.').waitFor()
    expect(JSON.stringify(world.upstream.requests[0]?.body)).toContain('linha 39')
    await conversation(page).getByText('Texto colado 1').click()
    await conversation(page).getByText('linha 39').waitFor()
    await expectAccessible(page, 'file block')
    expect(await page.getByRole('list', { name: 'Anexos' }).count()).toBe(0)
    expect(faults).toEqual([])
  })

  test('every long paste is announced, also one that has the name of the one before', async () => {
    const { page, faults } = await world.visit()
    world.upstream.reply({ tokens: ['Li tudo.'] })
    await page.evaluate(RECORD_STATUS)
    const said = () => page.evaluate(() => (window as unknown as { said: string[] }).said)
    await paste(page, LONG)
    await soon(said).toEqual(['“Texto colado 1” virou um anexo.'])
    await ask(page, 'Resuma')
    await lastReply(page).getByText('Li tudo.').waitFor()
    await paste(page, LONG)
    await soon(said).toEqual(['“Texto colado 1” virou um anexo.', '“Texto colado 1” virou um anexo.'])
    expect(faults).toEqual([])
  })

  test('an attachment can be made text, and taken away', async () => {
    const { page, faults } = await world.visit()
    await paste(page, LONG)
    await paste(page, LONG.replaceAll('linha', 'verso'))
    await page.getByRole('button', { name: 'Inserir “Texto colado 1” como texto' }).press('Enter')
    expect(await messageField(page).inputValue()).toBe(LONG)
    expect(await focused(page)).toBe('Mensagem')
    await page.getByRole('button', { name: 'Remover “Texto colado 2”' }).press('Enter')
    expect(await page.getByRole('list', { name: 'Anexos' }).count()).toBe(0)
    expect(await focused(page)).toBe('Mensagem')
    await paste(page, 'curto')
    expect(await page.getByRole('list', { name: 'Anexos' }).count()).toBe(0)
    expect(faults).toEqual([])
  })

  test('a message that is too large is refused before it is sent, and stays', async () => {
    const { page, faults } = await world.visit()
    await paste(page, 'a'.repeat(1_000_000))
    await page.getByText('do limite de tamanho', { exact: false }).waitFor()
    await paste(page, 'b'.repeat(100_000))
    await page.getByText('Grande demais para enviar', { exact: false }).waitFor()
    await ask(page, 'Leia')
    await page.getByRole('alert').getByText('A mensagem é grande demais.', { exact: false }).waitFor()
    expect(await messageField(page).inputValue()).toBe('Leia')
    expect(world.server.rows('select id from messages').length).toBe(0)
    expect(faults).toEqual([])
  })

  test('a slash lists commands, and the arrows and Enter choose one; what is no command is a text', async () => {
    const { page, faults } = await world.visit()
    world.upstream.reply({ tokens: ['Sim.'] })
    await ask(page, 'Oi')
    await lastReply(page).getByText('Sim.').waitFor()
    await messageField(page).pressSequentially('/')
    const options = page.getByRole('listbox', { name: 'Comandos' }).getByRole('option')
    await options.first().waitFor()
    await expectAccessible(page, 'commands')
    await page.keyboard.press('ArrowDown')
    expect(await options.nth(1).getAttribute('aria-selected')).toBe('true')
    await page.keyboard.press('Escape')
    expect(await options.count()).toBe(0)
    await messageField(page).fill('/nova')
    await options.first().waitFor()
    await page.keyboard.press('Enter')
    await soon(() => new URL(page.url()).pathname).toBe('/')
    expect(await messageField(page).inputValue()).toBe('')
    for (const text of ['//', '/👍', '/etc/hosts']) {
      await messageField(page).fill(text)
      expect(await options.count()).toBe(0)
    }
    await page.keyboard.press('Enter')
    await conversation(page).getByText('/etc/hosts').waitFor()
    expect(faults).toEqual([])
  })

  test('on a touch screen a stop gives the keyboard to the messages, and does not call up the one on the screen', async () => {
    const { page } = await world.visit({ isTouch: true })
    const gate = world.upstream.hold({ tokens: ['Um', ' dois.'] })
    await ask(page, 'Conte')
    expect(await focused(page)).toBe('Mensagem')
    await gate.next()
    await lastReply(page).getByText('Um').waitFor()
    await page.getByRole('button', { name: 'Parar resposta' }).tap()
    expect(await focused(page)).toBe('Mensagens')
    gate.open()
  })
})

/** Notes what becomes new in the form's places for what is to be announced. */
const RECORD_STATUS = `{
  window.said = []
  for (const status of document.querySelectorAll('form [role=status]'))
    new MutationObserver(() => status.textContent && said.push(status.textContent))
      .observe(status, { childList: true, subtree: true, characterData: true })
}`

function focused(page: Page): Promise<string | null | undefined> {
  return page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
}
