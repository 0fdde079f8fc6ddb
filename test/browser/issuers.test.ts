import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ask, noBrowser, written } from '../e2e/browser.ts'
import { expectAccessible, PATIENT } from '../e2e/page.ts'
import { shareWorld } from '../e2e/sharedWorld.ts'
import { freePort } from '../harness/freePort.ts'
import { openIssuer, type TestIssuer } from '../harness/issuer.ts'
import { openWorld } from '../harness/server.ts'

const world = shareWorld()

/** A server on a known port, because the issuer has to know where it sends people back to. */
async function openSite(settings: Record<string, string> = {}) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const issuer = await openIssuer(url)
  const own = await openWorld({
    PORT: String(port),
    PUBLIC_URL: url,
    OIDC_ISSUERS: issuer.setting,
    ...settings,
  })
  const context = await world.browser.newContext({ baseURL: url, locale: 'pt-BR' })
  world.admit(context)
  return {
    issuer,
    own,
    page: await context.newPage(),
    async [Symbol.asyncDispose]() {
      await own[Symbol.asyncDispose]()
      await issuer[Symbol.asyncDispose]()
    },
  }
}

const PASSWORD = 'um riacho que corre'

async function signUp(page: Page, email: string): Promise<void> {
  const made = await page.request.post('/api/chat/account/sign-up', { data: { email, password: PASSWORD } })
  expect(made.status()).toBe(201)
}

/** Begins to link the issuer, from the page for accounts. */
async function link(page: Page, password: string): Promise<void> {
  await page.getByRole('button', { name: 'Vincular Casa' }).click()
  await page.getByRole('textbox', { name: 'Senha atual' }).fill(password)
  await page.keyboard.press('Enter')
}

/** Signs in at the issuer as this person, from the page for accounts. */
async function comeFromIssuer(page: Page, login: string): Promise<void> {
  await page.getByRole('button', { name: 'Entrar com Casa' }).click()
  await signInThere(page, login)
}

async function signInThere(page: Page, login: string): Promise<void> {
  await page.locator('[name="login"]').fill(login)
  await page.locator('[name="password"]').fill('anything')
  await page.getByRole('button', { name: 'Sign-in' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
}

const emailShown = async (page: Page) => {
  const answer = await page.request.get('/api/chat/account')
  return (await answer.json()).account
}

async function invent(issuer: TestIssuer, id: string, isVerified: boolean): Promise<string> {
  const email = `${id}@example.com`
  issuer.people.set(id, { email, email_verified: isVerified, name: id })
  return email
}

describe.skipIf(noBrowser)('people whom an issuer vouches for', PATIENT, () => {
  test('sign in, keep what they had as visitors, and come back to the same account', async () => {
    await using site = await openSite()
    const { issuer, own, page } = site
    const email = await invent(issuer, 'ana', true)
    await page.goto('/')
    own.upstream.replyOnce({ tokens: ['De uma nascente.'] })
    await ask(page, 'De onde vem um riacho?')
    await written(page)
    await page.goto('/account')
    await page.getByRole('button', { name: 'Entrar com Casa' }).waitFor()
    await expectAccessible(page, 'issuers')
    await comeFromIssuer(page, 'ana')
    await page.waitForURL(`${own.server.url}/`)
    await page.getByRole('link', { name: 'De onde vem um riacho?' }).waitFor()
    const first = await emailShown(page)
    expect(first).toMatchObject({ email, name: 'ana', isConfirmed: true, hasPassword: false })
    await page.request.post('/api/chat/account/sign-out', { headers: { 'sec-fetch-site': 'same-origin' } })
    await page.goto('/account')
    await page.getByRole('button', { name: 'Entrar com Casa' }).click()
    await page.getByRole('button', { name: 'Continue' }).or(page.locator('textarea')).first().waitFor()
    if (page.url().startsWith(issuer.url)) await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL(`${own.server.url}/`)
    expect(await emailShown(page)).toEqual(first)
  })

  test('get no account of somebody else by an address that nobody has confirmed', async () => {
    await using site = await openSite()
    const { issuer, page } = site
    const email = await invent(issuer, 'bia', true)
    await page.goto('/account')
    const made = await page.request.post('/api/chat/account/sign-up', {
      data: { email, password: PASSWORD },
    })
    expect(made.status()).toBe(201)
    await page.context().clearCookies()
    await page.goto('/account')
    await comeFromIssuer(page, 'bia')
    await page.waitForURL('**/account#failed=EMAIL_TAKEN')
    await page.getByText('Já existe uma conta com este e-mail.').waitFor()
    expect(await emailShown(page)).toBeNull()
  })

  test('get in by an invitation alone where one is needed', async () => {
    await using site = await openSite({ ACCESS: 'invite' })
    const { issuer, page } = site
    await invent(issuer, 'caio', true)
    await page.goto('/')
    await comeFromIssuer(page, 'caio')
    await page.waitForURL('**/account#failed=SIGN_UP_CLOSED')
    expect(await emailShown(page)).toBeNull()
  })

  test('cannot be brought in by the answer to a login of another browser', async () => {
    await using site = await openSite()
    const { page, own } = site
    const answer = await page.request.get(
      `${own.server.url}/api/chat/account/issuers/casa/callback?code=x&state=y`,
    )
    expect(answer.url()).toBe(`${own.server.url}/account#failed=SIGN_IN_FAILED`)
    expect(await emailShown(page)).toBeNull()
  })

  test('link an account that they are signed in to, come in by it, and end the link', async () => {
    await using site = await openSite()
    const { issuer, own, page } = site
    await invent(issuer, 'dora', true)
    await signUp(page, 'another.dora@example.com')
    await page.goto('/account')
    await page.getByText('Não vinculado').waitFor()
    await expectAccessible(page, 'account without a linked issuer')
    await link(page, 'a wrong one')
    await page.getByText('A senha não confere.').waitFor()
    await page.getByRole('textbox', { name: 'Senha atual' }).fill(PASSWORD)
    await page.keyboard.press('Enter')
    await signInThere(page, 'dora')
    await page.waitForURL(`${own.server.url}/account`)
    await page.getByText('Vinculado a esta conta').waitFor()
    const linked = await emailShown(page)
    expect(linked).toMatchObject({ email: 'another.dora@example.com' })

    await page.context().clearCookies()
    await page.goto('/account')
    await comeFromIssuer(page, 'dora')
    await page.waitForURL(`${own.server.url}/`)
    expect(await emailShown(page)).toEqual(linked)

    await page.goto('/account')
    await page.getByRole('button', { name: 'Desvincular Casa' }).click()
    await page.getByRole('textbox', { name: 'Senha atual' }).fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByText('Casa não entra mais nesta conta.').waitFor()
    await page.getByText('Não vinculado').waitFor()
    await expectAccessible(page, 'account after a link has ended')
  })

  test('never link the person of another account', async () => {
    await using site = await openSite()
    const { issuer, own, page } = site
    await invent(issuer, 'eva', true)
    await page.goto('/account')
    await comeFromIssuer(page, 'eva')
    await page.waitForURL(`${own.server.url}/`)
    await page.context().clearCookies()
    await signUp(page, 'fabio@example.com')
    await page.goto('/account')
    await link(page, PASSWORD)
    await signInThere(page, 'eva')
    await page.waitForURL('**/account#failed=IDENTITY_TAKEN')
    await page.getByText('Este login já é de outra conta.').waitFor()
    await page.getByText('Não vinculado').waitFor()
    expect(await emailShown(page)).toMatchObject({ email: 'fabio@example.com' })
  })

  test('never end the last way in, and link nothing to an account that they have left', async () => {
    await using site = await openSite()
    const { issuer, own, page } = site
    await invent(issuer, 'gil', true)
    await page.goto('/account')
    await comeFromIssuer(page, 'gil')
    await page.waitForURL(`${own.server.url}/`)
    const refused = await page.request.post('/api/chat/account/issuers/casa/unlink', { data: {} })
    expect([refused.status(), (await refused.json()).code]).toEqual([409, 'LAST_WAY_IN'])

    await page.context().clearCookies()
    await signUp(page, 'hugo@example.com')
    await page.goto('/account')
    await link(page, PASSWORD)
    await page.locator('[name="login"]').waitFor()
    await page.request.post('/api/chat/account/sign-out', { headers: { 'sec-fetch-site': 'same-origin' } })
    await invent(issuer, 'hugo', true)
    await signInThere(page, 'hugo')
    await page.waitForURL('**/account#failed=SIGN_IN_REQUIRED')
    expect(await emailShown(page)).toBeNull()
  })
})
