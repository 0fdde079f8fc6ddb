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

/** Signs in at the issuer as this person, from the page for accounts. */
async function comeFromIssuer(page: Page, login: string): Promise<void> {
  await page.getByRole('button', { name: 'Entrar com Casa' }).click()
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
      data: { email, password: 'um riacho que corre' },
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
})
