import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, lastReply, noBrowser } from '../e2e/browser.ts'
import {
  chooseInMenu,
  composingKeys,
  expectAccessible,
  focused,
  makeConversations,
  PATIENT,
  rows,
  soon,
} from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import type { World } from '../harness/server.ts'

const world = shareWorld()

describe.skipIf(noBrowser)('searching through every message', PATIENT, () => {
  test('a hit leads to its message, by keyboard, also after a reload of its address', async () => {
    const { page, faults } = await world.visit()
    await talk(world, page, [
      ['Fale do mar', 'O oceano é salgado.'],
      ['E do pão?', 'O pão leva farinha.'],
    ])
    await page.keyboard.press('Control+Shift+O')
    await page.waitForURL(url => url.pathname === '/')
    await page.keyboard.press('Control+Shift+F')
    await page.keyboard.type('OCEANO sal')
    await page.getByText('1 resultado', { exact: true }).waitFor()
    expect(await page.locator('[data-hit] mark').allInnerTexts()).toEqual(['oceano', 'salgado'])
    await expectAccessible(page, 'results')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/c\/[\da-f-]+#[\da-f-]+$/)
    const target = page.locator(`[data-message="${new URL(page.url()).hash.slice(1)}"]`)
    await soon(() => target.evaluate(element => element === document.activeElement)).toBe(true)
    expect(await target.innerText()).toContain('O oceano é salgado.')
    await expectAccessible(page, 'at the message')
    await page.reload()
    await soon(() => target.evaluate(element => element === document.activeElement)).toBe(true)
    expect(faults).toEqual([])
  })

  test('what is written without its accents is found with them, marked, and opens at its message', async () => {
    const { page, faults } = await world.visit()
    await talk(world, page, [
      ['E o riacho?', 'O riacho não para.'],
      ['E o mar?', 'O mar é salgado.'],
    ])
    await page.getByRole('searchbox').fill('nao')
    await page.locator('[data-hit]').first().waitFor()
    expect(await page.locator('[data-hit] mark').allInnerTexts()).toEqual(['não'])
    await page.locator('[data-hit]').click()
    await soon(() => focused(page).innerText()).toContain('O riacho não para.')
    expect(new URL(page.url()).hash.slice(1)).toBe(await focused(page).getAttribute('data-message'))
    await page.getByRole('searchbox').fill('SALGADÓ')
    await soon(() => page.locator('[data-hit] mark').allInnerTexts()).toEqual(['salgado'])
    expect(faults).toEqual([])
  })

  test('a hit on another branch changes to that branch', async () => {
    const { page, faults } = await world.visit()
    await talk(world, page, [['Diga algo', 'Primeira versão.']])
    world.upstream.hold({ tokens: ['Segunda versão.'] }).open()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('outra resposta')
    await page.keyboard.press('Enter')
    await lastReply(page).getByText('Segunda versão.').waitFor()
    await page.getByRole('searchbox').fill('primeira')
    await page.locator('[data-hit]').click()
    await lastReply(page).getByText('Primeira versão.').waitFor()
    expect(faults).toEqual([])
  })

  test('a conversation is found by its title alone, archived or not, and opens', async () => {
    const { page, faults } = await world.visit()
    const [marco, guardada] = await makeConversations(page, ['Águas de março', 'Águas guardadas'])
    await chooseInMenu(page, 'Águas guardadas', 'Arquivar')
    await soon(() => rows(page)).toEqual(['Águas de março'])
    await page.getByRole('searchbox').fill('aguas')
    await page.getByRole('heading', { name: 'Conversas com este título' }).waitFor()
    expect(await page.locator('[data-hit]').allInnerTexts()).toEqual([
      'Águas guardadas\nArquivada',
      'Águas de março',
    ])
    await page.getByText('2 resultados', { exact: true }).waitFor()
    await expectAccessible(page, 'found by title')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/c/${guardada}`)
    await page.locator('[data-hit]', { hasText: 'março' }).click()
    await page.waitForURL(`**/c/${marco}`)
    expect(faults).toEqual([])
  })

  test('what is deleted or renamed is so in the results too', async () => {
    const { page, faults } = await world.visit()
    await makeConversations(page, ['Águas de março', 'Águas de abril'])
    await page.getByRole('searchbox').fill('aguas')
    await page.locator('[data-hit]', { hasText: 'abril' }).click()
    await page.getByRole('heading', { level: 1, name: 'Águas de abril' }).waitFor()
    const choose = async (title: string, item: string) => {
      await page
        .getByRole('banner')
        .getByRole('button', { name: `Opções: ${title}` })
        .press('Enter')
      await page.getByRole('menuitem', { name: item }).press('Enter')
    }
    const hits = () => page.locator('[data-hit]').allInnerTexts()
    await choose('Águas de abril', 'Renomear')
    await page.getByLabel('Título', { exact: true }).fill('Águas mil')
    await page.keyboard.press('Enter')
    await soon(hits).toEqual(['Águas mil', 'Águas de março'])
    await choose('Águas mil', 'Apagar')
    await soon(hits).toEqual(['Águas de março'])
    expect(faults).toEqual([])
  })

  test('a key that belongs to a word being composed is no command, in the search nor in a title', async () => {
    const { page, faults } = await world.visit()
    const pressComposing = await composingKeys(page)
    await makeConversations(page, ['Águas de março'])
    const field = page.getByRole('searchbox')
    await field.fill('aguas')
    await page.locator('[data-hit]').waitFor()
    for (const key of ['ArrowDown', 'Escape']) await pressComposing(key)
    expect(await focused(page).getAttribute('type')).toBe('search')
    expect(await field.inputValue()).toBe('aguas')
    await page.keyboard.press('Escape')
    await soon(() => field.inputValue()).toBe('')
    await chooseInMenu(page, 'Águas de março', 'Renomear')
    const title = page.getByLabel('Título', { exact: true })
    await title.fill('Águas mil')
    await pressComposing('Escape')
    expect(await title.inputValue()).toBe('Águas mil')
    await page.keyboard.press('Escape')
    await title.waitFor({ state: 'detached' })
    expect(faults).toEqual([])
  })

  test('it says that nothing was found, and that it could not search', async () => {
    const { page } = await world.visit()
    const field = page.getByRole('searchbox')
    await field.fill('nada disso')
    await page.getByText('Nada encontrado para “nada disso”.').waitFor()
    await expectAccessible(page, 'nothing found')
    await page.route('**/api/chat/search?**', route => route.abort())
    await field.fill('outra coisa')
    await page.getByText('Não conseguimos buscar agora.').waitFor()
    await page.unroute('**/api/chat/search?**')
    await page.locator('[data-list]').getByRole('button', { name: 'Tentar de novo' }).click()
    await page.getByText('Nada encontrado para “outra coisa”.').waitFor()
    await field.press('Escape')
    expect(await field.inputValue()).toBe('')
    await page.getByText('Suas conversas aparecem aqui.').waitFor()
    expect(await focused(page).getAttribute('type')).toBe('search')
  })

  test('more hits come when they are asked for', async () => {
    const { page } = await world.visit()
    await page.evaluate(async () => {
      for (let index = 0; index < 25; index++) {
        const response = await fetch('/api/chat/send', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ content: `palavra ${index}` }),
        })
        await response.text()
      }
    })
    await page.getByRole('searchbox').fill('palavra')
    await page.getByText('20 resultados, e há mais').waitFor()
    await page.getByRole('button', { name: 'Mais resultados' }).press('Enter')
    await page.getByText('25 resultados', { exact: true }).waitFor()
    expect(await page.locator('[data-hit]').count()).toBe(25)
  })

  test('on a phone the search is in the drawer, and a hit closes it', async () => {
    const { page, faults } = await world.visit({ width: 390, height: 844 })
    await talk(world, page, [['Fale do mar', 'O oceano é salgado.']])
    await page.keyboard.press('Control+Shift+F')
    await soon(() => focused(page).getAttribute('type')).toBe('search')
    await page.keyboard.type('oceano')
    await page.locator('[data-hit]:visible').first().waitFor()
    await expectAccessible(page, 'results in the drawer')
    await page.locator('[data-hit]:visible').click()
    await soon(() => page.getByRole('dialog').count()).toBe(0)
    const hash = new URL(page.url()).hash.slice(1)
    await soon(() => focused(page).getAttribute('data-message')).toBe(hash)
    expect(faults).toEqual([])
  })
})

async function talk(world: World, page: Page, turns: readonly [string, string][]): Promise<void> {
  for (const [question, answer] of turns) {
    world.upstream.hold({ tokens: [answer] }).open()
    await ask(page, question)
    await lastReply(page).getByText(answer).waitFor()
  }
}
