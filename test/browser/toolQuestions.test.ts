import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { acceptedContent, inputRequired } from '@modelcontextprotocol/server'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ask, lastReply, launchBrowser, newPerson, noBrowser } from '../e2e/browser.ts'
import { expectAccessible, PATIENT, soon } from '../e2e/page.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startProtectedServer } from '../harness/protectedToolServer.ts'
import { startServer } from '../harness/server.ts'
import { everythingProgram, startOwnServer } from '../harness/toolServers.ts'
import { createUpstream } from '../upstream/upstream.ts'

const text = (content: string) => ({ content: [{ type: 'text' as const, text: content }] })
const TRIP = z.object({
  city: z.string().meta({ title: 'Cidade' }),
  nights: z.int().min(1).max(30).meta({ title: 'Noites', description: 'De 1 a 30.' }),
  breakfast: z.boolean().meta({ title: 'Com café da manhã' }),
  room: z.enum(['simples', 'duplo']).meta({ title: 'Quarto' }),
})

/** A server with pages, whose tools are those of `servers`, as they stand in the file of the operator. */
async function openPages(servers: object) {
  const [folder, upstream] = [await temporaryFolder(), await createUpstream()]
  const file = join(folder.path, 'tools.yaml')
  await writeFile(file, JSON.stringify({ servers }))
  const server = await startServer({
    upstream,
    hasPages: true,
    settings: { TITLES: 'words', TOOLS_FILE: file },
  })
  return {
    upstream,
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await upstream.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** Signs in at the issuer, in the tab that the page has opened. */
async function signInThere(page: Page, login: string): Promise<void> {
  await page.locator('[name="login"]').fill(login)
  await page.locator('[name="password"]').fill('anything')
  await page.getByRole('button', { name: 'Sign-in' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: 'Você entrou' }).waitFor()
}

/** Signs out of the server, in the settings. */
async function leave(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Configurações' }).press('Enter')
  const settings = page.getByRole('dialog')
  await settings.getByText('Serviços conectados').waitFor()
  await expectAccessible(page, 'services that are connected')
  const button = settings.getByRole('button', { name: 'Desconectar' })
  await button.press('Enter')
  await settings.getByRole('button', { name: 'Desconectar mesmo?' }).press('Enter')
  await settings.getByText('Desconectado', { exact: true }).waitFor()
  const answer = await page.request.get('/api/chat/tool-servers')
  expect(await answer.json()).toEqual({ servers: [{ name: 'agenda', signedInAt: null }] })
}

const shot = async (page: Page, name: string) => {
  const { SHOTS } = process.env
  if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}.png`) })
}

describe.skipIf(noBrowser)('what tools ask on the page', PATIENT, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  test.each([390, 1440])(
    'a person signs in at a server in another tab, and the reply goes on (%i px)',
    async width => {
      await using server = await startProtectedServer((own, { person }) => {
        own.registerTool('whoami', { description: 'Says who asks.' }, () => text(`agenda de ${person}`))
      })
      await using world = await openPages({ agenda: { url: server.url, signin: true, approve: 'never' } })
      await using person = await newPerson(browser, {
        url: world.url,
        width,
        colorScheme: width === 390 ? 'dark' : 'light',
      })
      const { page, faults } = person
      world.upstream.replyOnce({
        tokens: ['Vou ver.'],
        calls: [{ name: 'agenda__sign_in', arguments: '{}' }],
      })
      world.upstream.replyOnce({ calls: [{ name: 'agenda__whoami', arguments: '{}' }] })
      world.upstream.replyOnce({ tokens: ['Hoje você está livre.'] })
      await ask(page, 'O que tenho hoje?')
      const button = lastReply(page).getByRole('button', { name: 'Entrar em agenda' })
      await button.waitFor()
      await expectAccessible(page, 'a server wants a person to sign in')
      await shot(page, `signin-${width}`)
      const opened = person.context.waitForEvent('page')
      await button.press('Enter')
      const tab = await opened
      await lastReply(page).getByText('abriu em outra aba').waitFor()
      await expectAccessible(page, 'a person signs in elsewhere')
      await shot(page, `signin-begun-${width}`)
      await signInThere(tab, 'ana')
      await expectAccessible(tab, 'a person has signed in')
      await shot(tab, `signin-done-${width}`)
      await tab.close()
      await page.bringToFront()
      await page.evaluate(() => window.dispatchEvent(new Event('focus')))
      await lastReply(page).getByText('Hoje você está livre.').waitFor()
      await page.reload()
      await lastReply(page).getByText('Hoje você está livre.').waitFor()
      await lastReply(page).getByText('whoami').click()
      await lastReply(page).getByText('agenda de ana').waitFor()
      // On a narrow screen the settings are behind the list.
      if (width > 400) await leave(page)
      // The pages of the issuer ask for a font of the web, and for an icon that there is not.
      expect(faults.filter(fault => !fault.startsWith('Failed to load resource'))).toEqual([])
    },
  )

  test.each([360, 1440])('a person fills in a form by keyboard, after a reload (%i px)', async width => {
    const booked: unknown[] = []
    await using own = await startOwnServer(server =>
      server.registerTool('reserva', { title: 'Reserva' }, ({ mcpReq }) => {
        const trip = acceptedContent(mcpReq.inputResponses, 'trip', TRIP)
        if (mcpReq.inputResponses) {
          booked.push(trip)
          return text('reservado')
        }
        return inputRequired({
          inputRequests: { trip: inputRequired.elicit({ message: 'Para onde?', requestedSchema: TRIP }) },
        })
      }),
    )
    await using world = await openPages({ viagens: { url: own.url, approve: 'never' } })
    await using person = await newPerson(browser, { url: world.url, width })
    const { page, faults } = person
    world.upstream.replyOnce({
      tokens: ['Vou reservar.'],
      calls: [{ name: 'viagens__reserva', arguments: '{}' }],
    })
    world.upstream.replyOnce({ tokens: ['Reservei.'] })
    await ask(page, 'Reserve')
    await lastReply(page).getByText('Para onde?').waitFor()
    await soon(() => page.getByText('A resposta espera você').count()).toBe(1)
    await page.reload()
    const form = lastReply(page)
    await form.getByRole('textbox', { name: 'Cidade' }).waitFor()
    await expectAccessible(page, 'a tool asks for values')
    await shot(page, `form-${width}`)
    await form.getByRole('button', { name: 'Enviar' }).press('Enter')
    await form.getByText('Confira este campo.').first().waitFor()
    expect(
      await form.getByRole('textbox', { name: 'Cidade' }).evaluate(each => each === document.activeElement),
    ).toBe(true)
    await expectAccessible(page, 'a form with wrong fields')
    await shot(page, `form-wrong-${width}`)
    await page.keyboard.type('Ouro Preto')
    await page.keyboard.press('Tab')
    await page.keyboard.type('3')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    await form.getByRole('combobox', { name: 'Quarto' }).selectOption('duplo')
    await form.getByRole('button', { name: 'Enviar' }).press('Enter')
    await lastReply(page).getByText('Reservei.').waitFor()
    expect(booked).toEqual([{ city: 'Ouro Preto', nights: 3, breakfast: true, room: 'duplo' }])
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false)
    expect(faults).toEqual([])
  })

  test('a tool that asks while it works is answered from another tab', async () => {
    await using world = await openPages({ everything: { ...everythingProgram, approve: 'never' } })
    await using person = await newPerson(browser, { url: world.url })
    const { page, faults } = person
    world.upstream.replyOnce({
      calls: [{ name: 'everything__trigger-elicitation-request', arguments: '{}' }],
    })
    world.upstream.replyOnce({ tokens: ['Obrigado.'] })
    await ask(page, 'Pergunte')
    await lastReply(page).getByRole('button', { name: 'Enviar' }).waitFor()
    await soon(() => page.getByText('A resposta espera você').count()).toBe(1)
    await expectAccessible(page, 'a running tool asks')
    await shot(page, 'live')
    const second = await person.context.newPage()
    await second.goto(page.url())
    await lastReply(second).getByRole('textbox', { name: 'String', exact: true }).fill('Ana')
    await lastReply(second).getByRole('button', { name: 'Enviar' }).click()
    await lastReply(page).getByText('Obrigado.').waitFor()
    expect(await lastReply(page).getByRole('button', { name: 'Enviar' }).count()).toBe(0)
    expect(faults).toEqual([])
  })
})
