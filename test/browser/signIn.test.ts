import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, noBrowser, written } from '../e2e/browser.ts'
import { expectAccessible, PATIENT } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import { openWorld } from '../harness/server.ts'

const run = promisify(execFile)
const PASSWORD = 'correct horse battery'

const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true })
const settings = async (page: Page) => {
  await page.getByRole('button', { name: 'Configurações' }).first().click()
  return page.getByRole('region', { name: 'Conta' })
}

describe.skipIf(noBrowser)('where everybody may come in', PATIENT, () => {
  const world = shareWorld()

  test('a visitor makes an account, signs out, and finds everything again', async () => {
    const { page } = await world.visit()
    world.upstream.replyOnce({ tokens: ['De uma nascente.'] })
    await ask(page, 'De onde vem um riacho?')
    await written(page)
    const section = await settings(page)
    await section.getByRole('link', { name: 'Criar conta' }).click()
    await page.waitForURL('**/account#sign-up')
    await page.getByRole('heading', { name: 'Criar conta' }).waitFor()
    await expectAccessible(page, 'account')
    // By keyboard alone.
    await page.keyboard.type('ana')
    await page.keyboard.press('Enter')
    await page.getByText('Escreva um endereço de e-mail').waitFor()
    expect(await field(page, 'E-mail').getAttribute('aria-invalid')).toBe('true')
    await page.keyboard.type('@example.com')
    await page.keyboard.press('Tab')
    await page.keyboard.type('Ana')
    await page.keyboard.press('Tab')
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForURL(world.server.url + '/')
    await page.getByRole('link', { name: 'De onde vem um riacho?' }).waitFor()
    const own = await settings(page)
    await own.getByText('ana@example.com').waitFor()
    await expectAccessible(page, 'account')
    await own.getByRole('button', { name: 'Sair da conta' }).click()
    await page.getByRole('heading', { level: 1 }).or(page.getByRole('textbox')).first().waitFor()
    await page.getByRole('link', { name: 'De onde vem um riacho?' }).waitFor({ state: 'detached' })

    await page.goto('/account')
    await field(page, 'E-mail').fill('ana@example.com')
    const password = field(page, 'Senha')
    expect(await password.getAttribute('type')).toBe('password')
    expect(await password.getAttribute('autocomplete')).toBe('current-password')
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.evaluate(() => navigator.clipboard.writeText('pasted from a manager'))
    await password.press('ControlOrMeta+V')
    expect(await password.inputValue()).toBe('pasted from a manager')
    await field(page, 'Senha').fill('a wrong one')
    await page.keyboard.press('Enter')
    await page.getByText('O e-mail ou a senha não conferem.').waitFor()
    await field(page, 'Senha').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'De onde vem um riacho?' }).waitFor()

    const last = await settings(page)
    await last.getByRole('button', { name: 'Apagar a conta' }).click()
    await field(page, 'Senha atual').fill('a wrong one')
    await page.keyboard.press('Enter')
    await page.getByText('A senha não confere.').waitFor()
    await field(page, 'Senha atual').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'De onde vem um riacho?' }).waitFor({ state: 'detached' })
  })
})

describe.skipIf(noBrowser)('where only invited people come in', PATIENT, () => {
  const world = shareWorld()

  test('a stranger is asked to sign in, and an invitation opens the chat', async () => {
    await using own = await openWorld({ ACCESS: 'invite' })
    const context = await world.browser.newContext({ baseURL: own.server.url, locale: 'pt-BR' })
    world.admit(context)
    const page = await context.newPage()
    await page.goto('/')
    await page.waitForURL('**/account')
    await page.getByRole('heading', { name: 'Entrar' }).waitFor()
    await page.getByText('Peça um convite').waitFor()
    expect(await page.getByRole('link', { name: 'Criar conta' }).count()).toBe(0)
    await expectAccessible(page, 'account')
    const { PATH = '' } = process.env
    const invited = await run(
      process.execPath,
      ['src/account/runAccountCommand.ts', 'invite', 'bia@example.com'],
      {
        cwd: join(import.meta.dirname, '..', '..'),
        env: { PATH, ...own.server.settings },
      },
    )
    await page.goto(/\/account#join=\S+/.exec(invited.stdout)?.[0] ?? '')
    await page.getByRole('heading', { name: 'Crie sua conta' }).waitFor()
    await field(page, 'Nova senha').fill('short')
    await page.keyboard.press('Enter')
    await page.getByText('A senha precisa de pelo menos 10 caracteres.').waitFor()
    await field(page, 'Nova senha').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForURL(own.server.url + '/')
    own.upstream.replyOnce({ tokens: ['Oi!'] })
    await ask(page, 'Oi')
    await written(page)
  })
})
