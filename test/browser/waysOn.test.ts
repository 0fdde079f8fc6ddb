import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, conversation, lastReply, noBrowser } from '../e2e/browser.ts'
import { expectAccessible, focused, PATIENT, soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import type { World } from '../harness/server.ts'

const world = shareWorld()

describe.skipIf(noBrowser)('ways on', PATIENT, () => {
  test('a stopped reply goes on from where it was stopped, as one text, and says where', async () => {
    const { page, faults } = await world.visit()
    await stopAfter(page, world, 'Um rio nasce')
    world.upstream.replyOnce({ tokens: [' e corre.', '\n\nDepois vem o mar.'] })
    await lastReply(page).getByRole('button', { name: 'Continuar' }).press('Enter')
    await page.getByRole('button', { name: 'Gerar outra resposta' }).waitFor()
    for (const load of [async () => undefined, () => page.reload()]) {
      await load()
      await lastReply(page).getByText('Depois vem o mar.').waitFor()
      expect(await lastReply(page).innerText()).toMatch(
        /Um rio nasce e corre.\s+Esta resposta foi parada. A resposta foi retomada no trecho acima.\s+Depois vem/,
      )
      expect(await lastReply(page).getByRole('button', { name: 'Continuar' }).count()).toBe(0)
    }
    await expectAccessible(page, 'continued')
    expect(world.upstream.requests.length).toBe(2)
    expect(JSON.stringify(world.upstream.requests[1]?.body)).toContain('Um rio nasce')
    expect(faults).toEqual([])
  })

  test('who asks again for a conversation that could not be read has the keyboard where one writes', async () => {
    const { page } = await world.visit()
    world.upstream.replyOnce({ tokens: ['Um rio.'] })
    await ask(page, 'O que é isto?')
    await lastReply(page).getByText('Um rio.').waitFor()
    await page.route('**/api/chat/conversations/*', route => route.abort())
    await page.reload()
    const again = page.getByRole('button', { name: 'Tentar agora' })
    await again.focus()
    await page.unroute('**/api/chat/conversations/*')
    await again.press('Enter')
    await lastReply(page).getByText('Um rio.').waitFor()
    await soon(() => focused(page).getAttribute('aria-label')).toBe('Mensagem')
  })

  test('a question without a reply says so, and gets one when it is asked for', async () => {
    const { page, faults } = await world.visit()
    world.upstream.replyOnce({ tokens: ['Um rio.'] })
    await ask(page, 'O que é isto?')
    await lastReply(page).getByText('Um rio.').waitFor()
    const before = page.url()
    await page.getByRole('button', { name: 'Criar uma cópia a partir daqui' }).first().press('Enter')
    await soon(() => page.url()).not.toBe(before)
    const unanswered = conversation(page).getByText('Esta mensagem ainda não tem resposta.')
    await unanswered.waitFor()
    await expectAccessible(page, 'unanswered')
    await page.reload()
    await unanswered.waitFor()
    expect(world.upstream.requests.length).toBe(1)
    world.upstream.replyOnce({ tokens: ['Um riacho.'] })
    await page.getByRole('button', { name: 'Pedir resposta' }).press('Enter')
    await lastReply(page).getByText('Um riacho.').waitFor()
    expect(await unanswered.count()).toBe(0)
    expect(await focused(page).getAttribute('aria-label')).toBe('Mensagem')
    expect(world.upstream.requests.length).toBe(2)
    expect(faults).toEqual([])
  })

  test('what was queued behind a stopped reply stays held over a reload, and goes once the reply is complete', async () => {
    const { page, faults } = await world.visit()
    await stopAfter(page, world, 'Um rio nasce', 'E depois?')
    const held = conversation(page).getByText('Na fila: espera por você.')
    await held.waitFor()
    await page.reload()
    await held.waitFor()
    expect(world.upstream.requests.length).toBe(1)
    world.upstream.replyOnce({ tokens: [' e corre.'] })
    world.upstream.replyOnce({ tokens: ['Depois vem o mar.'] })
    await page.getByRole('button', { name: 'Continuar' }).press('Enter')
    await lastReply(page).getByText('Depois vem o mar.').waitFor()
    expect(await held.count()).toBe(0)
    expect(world.upstream.requests.length).toBe(3)
    expect(faults).toEqual([])
  })
})

/** Asks, queues what is to wait, and stops the reply once `text` can be read. */
async function stopAfter(page: Page, { upstream }: World, text: string, queued?: string): Promise<void> {
  const gate = upstream.hold({ tokens: [text, ' nunca.'] })
  await ask(page, 'Conte')
  await gate.next()
  await lastReply(page).getByText(text).waitFor()
  if (queued) {
    await ask(page, queued)
    await conversation(page).getByText(queued).waitFor()
  }
  await page.getByRole('button', { name: 'Parar resposta' }).press('Enter')
  await conversation(page).getByText('Esta resposta foi parada.').waitFor()
  gate.open()
}
