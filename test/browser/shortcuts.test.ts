import type { Locator } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { SHORTCUTS } from '../../src/react/shortcuts.ts'
import { ask, conversation, messageField, noBrowser } from '../e2e/browser.ts'
import {
  composingKeys,
  expectAccessible,
  focused,
  makeConversations,
  PATIENT,
  rows,
  soon,
} from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

const world = shareWorld()

describe.skipIf(noBrowser)('commands and shortcuts', PATIENT, () => {
  test('the palette finds commands and conversations, and gives the keyboard back', async () => {
    const { page, faults } = await world.visit()
    const [rios] = await makeConversations(page, ['Rios do Sul', 'Mares'])
    await page.getByRole('textbox').focus()
    await page.keyboard.press('Control+k')
    const field = page.getByRole('combobox', { name: 'Comando ou conversa' })
    await soon(() => focused(page).getAttribute('role')).toBe('combobox')
    await expectAccessible(page, 'palette')
    await page.keyboard.press('Escape')
    expect(await focused(page).getAttribute('aria-label')).toBe('Mensagem')
    await page.keyboard.press('Control+k')
    await field.fill('sul')
    await soon(() => activeOption(field)).toBe('Buscar “sul” nas mensagens')
    await page.keyboard.press('ArrowDown')
    expect(await activeOption(field)).toBe('Rios do Sul')
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/c/${rios}`)
    await page.keyboard.press('Control+k')
    await field.fill('apagar')
    await soon(() => activeOption(field)).toBe('Apagar conversa')
    await page.keyboard.press('Enter')
    await soon(() => rows(page)).toEqual(['Mares'])
    await page.keyboard.press('Control+k')
    await field.fill('escuro')
    await page.keyboard.press('Enter')
    await soon(() => page.locator('html').getAttribute('data-theme')).toBe('dark')
    expect(faults).toEqual([])
  })

  test('the palette finds a conversation by its title that the list has not read', async () => {
    const { page, faults } = await world.visit()
    const titles = Array.from({ length: 31 }, (_, index) => `Rio ${index}`)
    const [, agua] = await makeConversations(page, ['Rio velho', 'Águas de março', ...titles])
    expect(await rows(page)).not.toContain('Águas de março')
    await page.keyboard.press('Control+k')
    const field = page.getByRole('combobox', { name: 'Comando ou conversa' })
    await field.fill('agua')
    await page.getByRole('option', { name: 'Águas de março' }).waitFor()
    expect(await activeOption(field)).toBe('Buscar “agua” nas mensagens')
    await expectAccessible(page, 'found beyond the list')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/c/${agua}`)
    expect(faults).toEqual([])
  })

  test('a key that ends the composing of a word does nothing else, in the palette and in the commands', async () => {
    const { page, faults } = await world.visit()
    const pressComposing = await composingKeys(page)
    await page.keyboard.press('Control+k')
    const palette = page.getByRole('combobox')
    await palette.fill('escuro')
    for (const key of ['Enter', 'Escape']) await pressComposing(key)
    expect(await palette.inputValue()).toBe('escuro')
    await page.keyboard.press('Escape')
    await palette.waitFor({ state: 'detached' })
    const field = messageField(page)
    await field.fill('/config')
    await page.getByRole('listbox', { name: 'Comandos' }).waitFor()
    for (const key of ['Enter', 'Escape']) await pressComposing(key)
    expect(await field.inputValue()).toBe('/config')
    expect(await page.getByRole('listbox', { name: 'Comandos' }).count()).toBe(1)
    expect(await page.getByRole('dialog').count()).toBe(0)
    expect(await page.locator('html').getAttribute('data-theme')).toBeNull()
    expect(faults).toEqual([])
  })

  test('a reply is stopped from the palette, and Escape never stops it', async () => {
    const { page } = await world.visit()
    const gate = world.upstream.hold({ tokens: ['Era uma vez', ' um rio'] })
    await ask(page, 'Conte')
    await gate.next()
    await conversation(page).getByText('Era uma vez').waitFor()
    await page.keyboard.press('Escape')
    expect(await page.getByRole('button', { name: 'Parar resposta' }).count()).toBe(1)
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('parar')
    await page.keyboard.press('Enter')
    await conversation(page).getByText('Esta resposta foi parada.').waitFor()
    gate.open()
  })

  test('the sheet names every shortcut; a key alone opens it only where nobody types, and can be turned off', async () => {
    const { page } = await world.visit({ width: 390, height: 844 })
    const sheet = page.getByRole('dialog', { name: 'Atalhos do teclado' })
    await page.getByRole('textbox').press('?')
    expect(await page.getByRole('textbox').inputValue()).toBe('?')
    expect(await sheet.count()).toBe(0)
    await page.getByRole('heading', { level: 1 }).focus()
    await page.keyboard.press('?')
    await sheet.waitFor()
    await expectAccessible(page, 'shortcuts')
    expect(await sheet.locator('dt').count()).toBe(SHORTCUTS.length)
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'detached' })
    await page.evaluate(() => localStorage.setItem('riacho.settings', '{"singleKeys":false}'))
    await page.keyboard.press('?')
    await page.keyboard.press('Control+/')
    await sheet.waitFor()
    expect(await sheet.count()).toBe(1)
  })
})

/** The name of the option that a screen reader would say. */
function activeOption(field: Locator): Promise<string | undefined> {
  return field.evaluate(element => {
    const id = element.getAttribute('aria-activedescendant')
    return id ? document.getElementById(id)?.firstElementChild?.textContent : undefined
  })
}
