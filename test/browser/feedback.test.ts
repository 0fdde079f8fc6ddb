import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, lastReply, noBrowser } from '../e2e/browser.ts'
import { composingKeys, expectAccessible, soon } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

const world = shareWorld()

describe.skipIf(noBrowser)('below a message', () => {
  test('a reply is rated with the keyboard, with a few words, and the rating is there after a reload', async () => {
    const { page, faults } = await world.visit()
    await answered(page, () => world.upstream.reply({ tokens: ['Sim.'] }))
    const down = page.getByRole('button', { name: 'Resposta ruim' })
    await down.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Obrigado pela avaliação' })
    await dialog.getByText('O que faltou, ou estava errado?').waitFor()
    const reason = dialog.getByRole('textbox')
    expect(await reason.evaluate(field => field === document.activeElement)).toBe(true)
    await expectAccessible(page, 'comment')
    const [column, box] = [await lastReply(page).boundingBox(), await dialog.boundingBox()]
    expect(box?.x).toBeGreaterThanOrEqual(column?.x ?? Number.NaN)
    await reason.fill('Curta demais')
    await dialog.getByRole('button', { name: 'Enviar comentário' }).press('Enter')
    await page.getByText('Avaliação guardada.').waitFor({ state: 'attached' })
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
      .toBe('Resposta ruim')
    await page.reload()
    await lastReply(page).getByText('Sim.').waitFor()
    expect(await down.getAttribute('aria-pressed')).toBe('true')
    await page.getByRole('button', { name: 'Boa resposta' }).press('Enter')
    await expect.poll(() => dialog.getByRole('textbox').inputValue()).toBe('Curta demais')
    await dialog.getByRole('textbox').fill('')
    await dialog.getByRole('button', { name: 'Enviar comentário' }).press('Enter')
    await page.getByText('Avaliação guardada.').waitFor({ state: 'attached' })
    const stored = () => world.server.rows(`select feedback from messages where feedback is not null`)
    await expect.poll(stored).toEqual([{ feedback: '{"rating":"up","comment":""}' }])
    await down.press('Enter')
    await dialog.getByRole('button', { name: 'Fechar' }).press('Enter')
    await soon(() => down.getAttribute('aria-pressed')).toBe('true')
    // What is announced does not stay.
    const announced = page.getByText('Avaliação retirada.').waitFor({ state: 'attached' })
    await down.press('Enter')
    await soon(() => down.getAttribute('aria-pressed')).toBe('false')
    await announced
    expect(faults).toEqual([])
  })

  test('a comment stays while a key cancels the composing of a word', async () => {
    const { page, faults } = await world.visit()
    const pressComposing = await composingKeys(page)
    await answered(page, () => world.upstream.reply({ tokens: ['Sim.'] }))
    await page.getByRole('button', { name: 'Resposta ruim' }).press('Enter')
    const comment = page.getByRole('dialog').getByRole('textbox')
    await comment.fill('Curta demais')
    await pressComposing('Escape')
    expect(await comment.inputValue()).toBe('Curta demais')
    await page.keyboard.press('Escape')
    await comment.waitFor({ state: 'detached' })
    expect(faults).toEqual([])
  })

  test('a rating that cannot be stored is taken back, and that is said', async () => {
    const { page, context } = await world.visit()
    await answered(page, () => world.upstream.reply({ tokens: ['Sim.'] }))
    await context.route('**/feedback', route => route.abort())
    const up = page.getByRole('button', { name: 'Boa resposta' })
    await up.press('Enter')
    await page.getByText('Não conseguimos guardar a avaliação.').waitFor({ state: 'attached' })
    expect(await up.getAttribute('aria-pressed')).toBe('false')
  })

  test('the details of a reply say what is known, and nothing of what is not', async () => {
    const { page, faults } = await world.visit()
    const usage = { input: 1200, output: 345, cached: 800, reasoning: 40 }
    await answered(page, () => world.upstream.reply({ tokens: ['Sim.'], usage }))
    await page.getByRole('button', { name: 'Detalhes da resposta' }).press('Enter')
    const details = page.getByRole('dialog', { name: 'Detalhes da resposta' })
    await details.getByText('test-model').waitFor()
    const text = await details.innerText()
    expect(text).toContain('1.200, dos quais 800 em cache')
    expect(text).toContain('345, dos quais 40 de raciocínio')
    expect(text).toContain('Tempo total')
    expect(text).not.toContain('Custo')
    await expectAccessible(page, 'details')
    await page.keyboard.press('Escape')
    expect(await details.count()).toBe(0)
    expect(faults).toEqual([])
  })

  test('a reply and a question are copied as they were written', async () => {
    const { page, context } = await world.visit()
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await answered(page, () => world.upstream.reply({ tokens: ['# Rio\n\n**corre**'] }))
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    await page.getByRole('button', { name: 'Copiar', exact: true }).press('Enter')
    await page.getByText('Copiado').first().waitFor({ state: 'attached' })
    expect(await copied()).toBe('# Rio\n\n**corre**')
    await page.getByRole('button', { name: 'Copiar pergunta' }).press('Enter')
    await soon(copied).toBe('Oi')
  })

  test('what can be done with a message is seen without pointing at it where nothing points', async () => {
    world.upstream.reply({ tokens: ['Sim.'] })
    const { page } = await world.visit({ isTouch: true, width: 390, height: 844 })
    await ask(page, 'Oi')
    await lastReply(page).getByText('Sim.').waitFor()
    const buttons = page.getByRole('group', { name: 'Ações da mensagem' }).getByRole('button')
    await soon(() => buttons.count()).toBeGreaterThan(6)
    const looks = await buttons.evaluateAll(all =>
      all.map(button => ({
        opacity: getComputedStyle(button.closest('fieldset') as Element).opacity,
        size: Math.min(button.clientWidth, button.clientHeight),
        right: button.getBoundingClientRect().right,
      })),
    )
    for (const { opacity, size, right } of looks) {
      expect(opacity).toBe('1')
      expect(size).toBeGreaterThanOrEqual(40)
      expect(right).toBeLessThanOrEqual(390)
    }
  })
})

async function answered(page: Page, script: () => void): Promise<void> {
  script()
  await ask(page, 'Oi')
  await page.getByRole('button', { name: 'Detalhes da resposta' }).waitFor()
}
