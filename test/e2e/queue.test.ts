import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, conversation, lastReply, noBrowser, written } from './browser.ts'
import { expectAccessible, soon } from './page.ts'
import { shareWorld } from './sharedWorld.ts'

const world = shareWorld()

describe.skipIf(noBrowser)('messages that wait for a reply', () => {
  test('they go out in order when the replies are complete, over a reload, each once', async () => {
    const { page, faults } = await world.visit({ reducedMotion: 'reduce' })
    const gate = world.upstream.hold({ tokens: ['Um', ' rio.'] })
    world.upstream.replyOnce({ tokens: ['Dois rios.'] })
    world.upstream.replyOnce({ tokens: ['Três rios.'] })
    await ask(page, 'Conte um')
    await gate.next()
    await conversation(page).getByText('Um').last().waitFor()
    await ask(page, 'Conte dois')
    await ask(page, 'Conte três')
    await soon(() => waiting(page).count()).toBe(2)
    expect(world.upstream.requests.length).toBe(1)
    await expectAccessible(page, 'waiting for the end')
    await page.reload()
    await soon(() => waiting(page).count()).toBe(2)
    gate.open()
    await lastReply(page).getByText('Três rios.').waitFor()
    await written(page)
    expect(await waiting(page).count()).toBe(0)
    expect(world.upstream.requests.length).toBe(3)
    expect(
      questions(world.server.rows(`select parts from messages where role = 'USER' order by id`)),
    ).toEqual(['Conte um', 'Conte dois', 'Conte três'])
    await page.reload()
    await lastReply(page).getByText('Três rios.').waitFor()
    expect(world.upstream.requests.length).toBe(3)
    expect(faults).toEqual([])
  })

  test('after a stop they wait, can be changed and taken away, and are sent when told', async () => {
    const { page, faults } = await world.visit({ reducedMotion: 'reduce' })
    const gate = world.upstream.hold({ tokens: ['Um', ' rio.'] })
    await ask(page, 'Conte um')
    await gate.next()
    await conversation(page).getByText('Um').last().waitFor()
    await ask(page, 'Conte dois')
    await ask(page, 'Nunca')
    await page.getByRole('button', { name: 'Parar resposta' }).press('Enter')
    await conversation(page).getByText('Esta resposta foi parada.').waitFor()
    gate.open()
    await page.getByText('Na fila: espera por você.').first().waitFor()
    await expectAccessible(page, 'held')
    await page.getByRole('button', { name: 'Tirar da fila' }).last().press('Enter')
    expect(await waiting(page).count()).toBe(1)
    await page.getByRole('button', { name: 'Editar mensagem da fila' }).press('Enter')
    await page.getByRole('textbox', { name: 'Editar mensagem' }).fill('Conte outro')
    await page.keyboard.press('Enter')
    expect(world.upstream.requests.length).toBe(1)
    world.upstream.replyOnce({ tokens: ['Outro rio.'] })
    await page.getByRole('button', { name: 'Enviar agora' }).press('Enter')
    await lastReply(page).getByText('Outro rio.').waitFor()
    expect(await conversation(page).getByText('Conte outro').count()).toBe(1)
    expect(world.upstream.requests.length).toBe(2)
    expect(faults).toEqual([])
  })
})

function waiting(page: Page) {
  return conversation(page).getByRole('button', { name: 'Tirar da fila' })
}

function questions(rows: Record<string, unknown>[]): string[] {
  return rows.map(({ parts }) => (JSON.parse(String(parts)) as { text: string }[])[0]?.text ?? '')
}
