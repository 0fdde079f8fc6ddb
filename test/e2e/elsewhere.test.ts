import { describe, expect, test } from 'vitest'
import { openWorld } from '../harness/server.ts'
import { ask, conversation, converse, lastReply, messageField, newPerson, noBrowser } from './browser.ts'
import { expectAccessible, focused, PATIENT, soon } from './page.ts'
import { shareWorld } from './sharedWorld.ts'

const world = shareWorld()

describe.skipIf(noBrowser)('what happens elsewhere', PATIENT, () => {
  test('a reply that ends while another conversation is read marks its own, until that is opened', async () => {
    const { page, faults } = await world.visit()
    await converse(page, world, { question: 'Primeira', answer: 'Um.' })
    const first = page.url()
    const gate = world.upstream.hold({ tokens: ['Dois', ' e fim.'] })
    await ask(page, 'Segunda')
    await gate.next()
    await lastReply(page).getByText('Dois').waitFor()
    await page.getByRole('link', { name: 'Nova conversa' }).first().click()
    await soon(() => page.url()).not.toBe(first)
    gate.open()
    const row = page.locator('nav [data-row]').first()
    await row.getByText('Resposta nova').waitFor({ state: 'attached' })
    await expectAccessible(page, 'unread')
    await row.click()
    await lastReply(page).getByText('Dois e fim.').waitFor()
    expect(await row.getByText('Resposta nova').count()).toBe(0)
    expect(faults).toEqual([])
  })

  test('a copy says that one is in it, and leads back to the original', async () => {
    const { page, faults } = await world.visit()
    await converse(page, world, { question: 'Um?', answer: 'Um rio.' })
    const original = page.url()
    await page.getByRole('button', { name: 'Criar uma cópia a partir daqui' }).last().click()
    await page.getByText('Você está na cópia.', { exact: false }).waitFor()
    await conversation(page).getByText('Um rio.').waitFor()
    await page.getByRole('button', { name: 'Voltar à original' }).click()
    await soon(() => page.url()).toBe(original)
    expect(await page.getByText('Você está na cópia.', { exact: false }).count()).toBe(0)
    expect(faults).toEqual([])
  })

  test('where something on the way drops cookies, nothing is sent, the page says so, and the text stays', async () => {
    const { page, context } = await world.visit()
    await context.clearCookies()
    await context.route('**/*', async route => {
      const { cookie: _, ...headers } = await route.request().allHeaders()
      const response = await route.fetch({ headers })
      const { 'set-cookie': __, ...kept } = response.headers()
      await route.fulfill({ response, headers: kept })
      await context.clearCookies()
    })
    await page.reload()
    await page.getByRole('alert').getByText('não guarda cookies', { exact: false }).waitFor()
    await ask(page, 'Olá daqui')
    expect(await messageField(page).inputValue()).toBe('Olá daqui')
    expect(world.server.rows('select id from messages').length).toBe(0)
    expect(world.upstream.requests.length).toBe(0)
  })

  test('the guide offers its questions as buttons, and a press asks one', async () => {
    await using guided = await openWorld({ OPENAI_BASE_URL: '', OPENAI_API_KEY: '', OPENAI_MODEL: '' })
    await using person = await newPerson(world.browser, { url: guided.server.url })
    const { page, faults } = person
    await ask(page, 'O que é o Riacho?')
    const suggested = conversation(page).getByRole('button', { name: 'Como instalo e começo a usar?' })
    await suggested.waitFor({ timeout: 60_000 })
    await expectAccessible(page, 'suggestions')
    await suggested.press('Enter')
    await conversation(page).getByText('Como instalo e começo a usar?').last().waitFor()
    await soon(() => guided.server.rows(`select id from messages where role = 'USER'`).length).toBe(2)
    await soon(() => focused(page).getAttribute('aria-label')).toBe('Mensagem')
    expect(faults).toEqual([])
  })
})
