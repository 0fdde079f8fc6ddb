import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { ask, paste } from '../e2e/browser.ts'
import { addAuthenticator } from '../e2e/passkeyDevice.ts'
import { operate } from '../harness/administrator.ts'
import { PASSWORD } from '../harness/person.ts'
import type { World } from '../harness/server.ts'
import { startNginx } from '../network/nginx.ts'
import { tokensOf } from '../upstream/upstream.ts'
import {
  answered,
  askApi,
  BOTH,
  DESKTOP,
  openSettings,
  PHONE,
  SHORT,
  type State,
  shared,
  type Texts,
  WIDE,
} from './state.ts'

const PASTED = Array.from({ length: 40 }, (_, index) => `linha ${index + 1} de um texto comprido`).join('\n')

/** Where one writes, and what the page has to say itself. */
export const PAGE_STATES: readonly State[] = [
  { name: 'commands', widths: [PHONE, DESKTOP], schemes: ['light'], show: commands },
  { name: 'commands', widths: [DESKTOP], schemes: ['dark'], locales: ['en'], show: commands },
  {
    name: 'attachments',
    widths: BOTH,
    schemes: ['light'],
    async show(page, _world, { composer, attachment }) {
      for (const text of [PASTED, `${PASTED}\n${PASTED}`]) await paste(page, text)
      await page.getByRole('list', { name: attachment.list }).waitFor()
      await page
        .getByRole('textbox', { name: composer.label })
        .fill('Compare os dois textos,\ne diga o que mudou.')
    },
  },
  { name: 'account', widths: [PHONE, DESKTOP, WIDE], schemes: ['light'], show: signInPage },
  { name: 'account', widths: [PHONE], schemes: ['dark'], locales: ['en', 'es'], show: signInPage },
  { name: 'account-new', widths: BOTH, schemes: ['light'], show: signUpPage },
  { name: 'account-join', widths: BOTH, schemes: ['light'], show: joinPage },
  {
    name: 'account-link-used',
    widths: BOTH,
    schemes: ['light'],
    async show(page, _world, { errors }) {
      await page.goto(`/account#join=${'A'.repeat(43)}`)
      await page.getByText(errors.LINK_INVALID).waitFor()
    },
  },
  { name: 'account-passkeys', widths: BOTH, schemes: ['light'], show: passkeyPage },
  { name: 'account-own', widths: [PHONE, DESKTOP, WIDE], schemes: ['light'], show: ownAccount },
  { name: 'revoked', widths: BOTH, schemes: ['light'], show: revoked },
  { name: 'revoked', widths: [WIDE], schemes: ['dark'], locales: ['es'], show: revoked },
  {
    name: 'buffering',
    widths: BOTH,
    schemes: ['light'],
    async show(page, { server, upstream }, { notice }) {
      const location = ['proxy_set_header Host $http_host;', 'proxy_ignore_headers X-Accel-Buffering;']
      const nginx = await startNginx(server.url, { location })
      page.once('close', () => void nginx[Symbol.asyncDispose]())
      upstream.reply({ tokens: tokensOf('Um riacho nasce de uma nascente e corre. '.repeat(8)), delayMs: 40 })
      await page.goto(nginx.url)
      await page.locator('nav [aria-busy="true"]').waitFor({ state: 'detached' })
      await ask(page, 'De onde vem um riacho?')
      await page.getByText(notice.mend).click()
    },
  },
]

async function commands(page: Page, _world: unknown, { command, composer }: Texts) {
  await page.getByRole('textbox', { name: composer.label }).pressSequentially('/')
  await page.getByRole('listbox', { name: command.list }).waitFor()
}

async function signInPage(page: Page, _world: unknown, { errors }: Texts) {
  await page.goto('/account')
  await page.locator('[name="email"]').fill('ana@example.com')
  await page.locator('[name="current"]').fill('not the password')
  await page.keyboard.press('Enter')
  await page.getByText(errors.SIGN_IN_FAILED).waitFor()
}

async function signUpPage(page: Page) {
  await page.goto('/account#sign-up')
  await page.locator('[name="password"]').fill('curta')
  await page.keyboard.press('Enter')
  await page.locator('[aria-invalid="true"]').first().waitFor()
}

async function joinPage(page: Page, { server }: World) {
  const link = await operate(server, operator => operator.invite(`${randomUUID()}@example.com`))
  await page.goto(link)
  await page.locator('[name="password"]').waitFor()
}

/** One passkey in the list, and the form of another one. */
async function passkeyPage(page: Page, { server }: World) {
  // There are no passkeys for a number.
  await page.goto(server.url.replace('127.0.0.1', 'localhost'))
  await addAuthenticator(page.context(), page)
  const person = { email: `${randomUUID()}@example.com`, password: PASSWORD }
  await askApi(page, 'POST', '/api/chat/account/sign-up', person)
  await page.goto(`${server.url.replace('127.0.0.1', 'localhost')}/account`)
  const add = page.getByRole('button', { name: /^(Adicionar|Add|Añadir)/ })
  await add.click()
  await page.keyboard.type('Celular')
  await page.keyboard.press('Tab')
  await page.keyboard.type(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByText('Celular').waitFor()
  await add.click()
  await page.locator('[name="current"]').waitFor()
}

async function ownAccount(page: Page, _world: unknown, texts: Texts) {
  const person = { email: 'ana@example.com', password: 'um riacho que corre' }
  // Another look may have made the account.
  await askApi(page, 'POST', '/api/chat/account/sign-up', { ...person, name: 'Ana' })
  await askApi(page, 'POST', '/api/chat/account/sign-in', person)
  await page.goto('/')
  await openSettings(page, texts)
  const password = page.getByRole('button', { name: /senha|password|contraseña/i })
  await password.scrollIntoViewIfNeeded()
  await password.click()
  await page.locator('[name="password"]').waitFor()
}

async function revoked(page: Page, world: World, texts: Texts) {
  await answered(page, world, SHORT)
  const id = await shared(page)
  await askApi(page, 'DELETE', `/api/chat/shares/${id}`)
  await page.goto(`/s/${id}`)
  await page.getByRole('heading', { name: texts.shared.notFound }).waitFor()
}
