import type { BrowserContext, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { noBrowser } from '../e2e/browser.ts'
import { expectAccessible, focused, PATIENT } from '../e2e/page.ts'
import { addAuthenticator } from '../e2e/passkeyDevice.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'

const PASSWORD = 'correct horse battery'
const world = shareWorld()

/** Somebody with an account, at a name, because there are no passkeys for a number. */
async function signedUp(email: string): Promise<{ context: BrowserContext; page: Page }> {
  const baseURL = world.server.url.replace('127.0.0.1', 'localhost')
  const context = await world.browser.newContext({ baseURL, locale: 'pt-BR' })
  world.admit(context)
  const page = await context.newPage()
  const made = await page.request.post('/api/chat/account/sign-up', { data: { email, password: PASSWORD } })
  expect(made.status()).toBe(201)
  return { context, page }
}

const accountOf = async (page: Page) => (await (await page.request.get('/api/chat/account')).json()).account

const signOut = async (page: Page) => {
  const answer = await page.request.post('/api/chat/account/sign-out', {
    headers: { 'sec-fetch-site': 'same-origin' },
  })
  expect(answer.status()).toBe(204)
}

/** By keyboard alone. */
async function addPasskey(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Adicionar chave de acesso' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('textbox', { name: 'Nome da chave (opcional)' }).waitFor()
  await page.keyboard.type(name)
  await page.keyboard.press('Tab')
  await page.keyboard.type(PASSWORD)
  await page.keyboard.press('Enter')
}

describe.skipIf(noBrowser)('with a passkey', PATIENT, () => {
  test('a person signs in without typing, sees it in the settings, and removes it', async () => {
    const { context, page } = await signedUp('ana@example.com')
    const device = await addAuthenticator(context, page)
    await page.goto('/account')
    await page.getByRole('heading', { name: 'Chaves de acesso' }).waitFor()
    await addPasskey(page, 'Celular da Ana')
    await page.getByText('A chave de acesso foi adicionada.').waitFor()
    await page.getByText('Celular da Ana').waitFor()
    expect(await device.count()).toBe(1)
    await expectAccessible(page, 'account with a passkey')

    await page.goto('/')
    await page.getByRole('button', { name: 'Configurações' }).first().click()
    const section = page.getByRole('region', { name: 'Conta' })
    await section.getByText('Celular da Ana').waitFor()
    await section.getByText('ainda não usada').waitFor()
    await expectAccessible(page, 'settings with a passkey')
    await section.getByRole('button', { name: 'Sair da conta' }).click()
    await section.waitFor({ state: 'detached' })
    await page.waitForLoadState()
    expect(await accountOf(page)).toBeNull()

    await device.touch(false)
    await page.goto('/account')
    await page.getByRole('button', { name: 'Entrar com chave de acesso' }).waitFor()
    expect(await page.locator('[name="email"]').getAttribute('autocomplete')).toBe('username webauthn')
    await expectAccessible(page, 'sign-in with a passkey')
    await device.touch(true)
    await page.getByRole('button', { name: 'Entrar com chave de acesso' }).focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(url => url.pathname === '/')
    expect(await accountOf(page)).toMatchObject({ email: 'ana@example.com' })

    await page.goto('/account')
    await page.getByText('usada em').waitFor()
    await page.getByRole('button', { name: 'Remover: Celular da Ana' }).click()
    expect(await focused(page).getAttribute('name')).toBe('current')
    await expectAccessible(page, 'removing a passkey')
    await page.keyboard.type('a wrong one')
    await page.keyboard.press('Enter')
    await page.getByText('A senha não confere.').waitFor()
    await page.getByRole('textbox', { name: 'Senha atual' }).fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByText('A chave de acesso foi removida.').waitFor()
    await page.getByText('Celular da Ana').waitFor({ state: 'detached' })

    await signOut(page)
    await device.touch(false)
    await page.goto('/account')
    await page.getByRole('button', { name: 'Entrar com chave de acesso' }).waitFor()
    await device.touch(true)
    await page.getByRole('button', { name: 'Entrar com chave de acesso' }).click()
    await page.getByText('Esta chave de acesso não vale aqui.').waitFor()
    expect(await accountOf(page)).toBeNull()
  })

  test('a person chooses it in the field for the address, and is signed in', async () => {
    const { context, page } = await signedUp('caio@example.com')
    await addAuthenticator(context, page)
    await page.goto('/account')
    await addPasskey(page, 'Celular')
    await page.getByText('A chave de acesso foi adicionada.').waitFor()
    await signOut(page)
    // The device answers as soon as the browser could offer the passkey.
    await page.goto('/account')
    await page.waitForURL(url => url.pathname === '/')
    expect(await accountOf(page)).toMatchObject({ email: 'caio@example.com' })
  })

  test('a device has one for an account, and whoever it does not know comes not in', async () => {
    const { context, page } = await signedUp('bia@example.com')
    const device = await addAuthenticator(context, page)
    await page.goto('/account')
    await addPasskey(page, 'Uma')
    await page.getByText('Uma', { exact: true }).waitFor()
    await addPasskey(page, 'Outra')
    await page.getByText('Este aparelho já tem uma chave desta conta.').waitFor()
    await signOut(page)
    await device.set(false)
    await page.goto('/account')
    await page.getByRole('button', { name: 'Entrar com chave de acesso' }).click()
    await page.getByText('Nenhuma chave de acesso foi usada.').waitFor()
    expect(await accountOf(page)).toBeNull()
  })
})
