import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTools, tool } from '../../src/server/tools/hostTools.ts'
import { ask, lastReply, launchBrowser, newPerson, noBrowser } from '../e2e/browser.ts'
import { expectAccessible, PATIENT, soon } from '../e2e/page.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

const sent: string[] = []
const TOOLS = {
  envia: tool({
    title: 'Enviar e-mail',
    description: 'Sends a message.',
    schema: z.object({ para: z.string() }),
    approve: 'always',
    run: ({ para }) => {
      sent.push(para)
      return 'enviado'
    },
  }),
  soma: tool({
    title: 'Soma',
    description: 'Adds.',
    schema: z.object({ a: z.number() }),
    run: ({ a }) => ({ soma: a + 1 }),
  }),
}
const ASKS = { tokens: ['Vou enviar.'], calls: [{ name: 'envia', arguments: '{"para":"Ana"}' }] }

async function openTools() {
  const upstream = await createUpstream()
  const server = await startServer({
    upstream,
    hasPages: true,
    tools: defineTools(TOOLS),
    settings: { TITLES: 'words' },
  })
  return {
    upstream,
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

describe.skipIf(noBrowser)('calls of tools on the page', PATIENT, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  test.each([390, 1440])(
    'a person approves by keyboard, from another tab, after a reload (%i px)',
    async width => {
      sent.length = 0
      await using world = await openTools()
      await using person = await newPerson(browser, { url: world.url, width })
      const { page, faults } = person
      world.upstream.replyOnce(ASKS)
      world.upstream.replyOnce({ tokens: ['Enviei', ' o e-mail.'] })
      await ask(page, 'Envie')
      await lastReply(page).getByRole('button', { name: 'Permitir', exact: true }).waitFor()
      await soon(() =>
        page
          .getByText('A resposta espera você: uma ferramenta precisa de uma decisão ou de uma resposta.')
          .count(),
      ).toBe(1)
      await expectAccessible(page, 'a call waits')
      expect(sent).toEqual([])

      const second = await person.openTab(new URL(page.url()).pathname)
      const approve = lastReply(second).getByRole('button', { name: 'Permitir', exact: true })
      await approve.focus()
      await second.keyboard.press('Enter')
      await lastReply(second).getByText('Enviei o e-mail.').waitFor()
      expect(sent).toEqual(['Ana'])
      await lastReply(page).getByText('Enviei o e-mail.').waitFor()
      expect(await lastReply(page).getByRole('button', { name: 'Permitir', exact: true }).count()).toBe(0)
      await page.reload()
      await lastReply(page).getByText('pronta').waitFor()
      await lastReply(page).getByText('Enviar e-mail').click()
      await lastReply(page).getByText('enviado', { exact: true }).waitFor()
      await expectAccessible(page, 'a call that has ended')
      expect(await page.getByRole('button', { name: /versão/i }).count()).toBe(0)
      expect(faults).toEqual([])
    },
  )

  test('a search finds the answer of a tool, shows it as text, and leads to its message', async () => {
    await using world = await openTools()
    await using person = await newPerson(browser, { url: world.url })
    const { page, faults } = person
    world.upstream.replyOnce({ tokens: [], calls: [{ name: 'soma', arguments: '{"a":41}' }] })
    world.upstream.replyOnce({ tokens: ['Pronto.'] })
    await ask(page, 'Some')
    await lastReply(page).getByText('Pronto.').waitFor()
    await page.keyboard.press('Control+Shift+O')
    await page.waitForURL(url => url.pathname === '/')
    await page.getByRole('searchbox').fill('soma 42')
    await page.locator('[data-hit]').waitFor()
    expect(await page.locator('[data-hit]').innerText()).toContain('Pronto. Soma 41 42')
    expect(await page.locator('[data-hit] mark').allInnerTexts()).toEqual(['Soma', '42'])
    await page.locator('[data-hit]').click()
    const target = lastReply(page).getByText('Soma', { exact: true })
    await target.click()
    await lastReply(page).getByText('"soma": 42').waitFor()
    expect(new URL(page.url()).hash).not.toBe('')
    expect(faults).toEqual([])
  })

  test('a reply that waited can be read after another one took its place, and asks nobody any more', async () => {
    sent.length = 0
    await using world = await openTools()
    await using person = await newPerson(browser, { url: world.url })
    const { page, faults } = person
    world.upstream.replyOnce(ASKS)
    world.upstream.replyOnce({ tokens: ['Pensei melhor: não envio.'] })
    await ask(page, 'Envie')
    await lastReply(page).getByRole('button', { name: 'Permitir', exact: true }).waitFor()
    await lastReply(page).getByRole('button', { name: 'Gerar outra resposta' }).click()
    await lastReply(page).getByText('Pensei melhor').waitFor()
    await page.getByRole('button', { name: 'Versão anterior' }).click()
    await lastReply(page).getByText('Vou enviar.').waitFor()
    await lastReply(page).getByText('ficou sem resposta').waitFor()
    expect(await lastReply(page).getByRole('button', { name: 'Permitir', exact: true }).count()).toBe(0)
    await expectAccessible(page, 'a call that nobody answered')

    world.upstream.replyOnce({ tokens: ['Certo.'] })
    await ask(page, 'Deixe')
    await lastReply(page).getByText('Certo.').waitFor()
    await page.reload()
    await page.getByText('ficou sem resposta').waitFor()
    expect([sent, faults]).toEqual([[], []])
  })

  test('three calls fold into one line, and what was declined says so', async () => {
    await using world = await openTools()
    await using person = await newPerson(browser, { url: world.url })
    const { page, faults } = person
    world.upstream.replyOnce({
      tokens: [],
      calls: [1, 2, 3].map(a => ({ name: 'soma', arguments: JSON.stringify({ a }) })),
    })
    world.upstream.replyOnce({ tokens: ['Pronto.'] })
    await ask(page, 'Some')
    await lastReply(page).getByText('Pronto.').waitFor()
    await lastReply(page).getByText('3 ferramentas usadas').click()
    expect(await lastReply(page).getByText('Soma', { exact: true }).count()).toBe(3)

    world.upstream.replyOnce(ASKS)
    world.upstream.replyOnce({ tokens: ['Está bem.'] })
    await ask(page, 'Envie')
    await lastReply(page).getByRole('button', { name: 'Recusar' }).click()
    await lastReply(page).getByText('Está bem.').waitFor()
    await lastReply(page).getByText('recusada').waitFor()
    expect(faults).toEqual([])
  })
})
