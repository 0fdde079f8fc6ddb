import type { Page } from 'playwright-core'
import { adminEnglish } from '../../src/pages/admin/texts/adminEnglish.ts'
import { type AdminTexts, adminPortuguese } from '../../src/pages/admin/texts/adminPortuguese.ts'
import { adminSpanish } from '../../src/pages/admin/texts/adminSpanish.ts'
import { DEFAULT_LOCALE, LOCALES, type Locale } from '../../src/protocol/locale.ts'
import { ask } from '../e2e/browser.ts'
import { operate } from '../harness/administrator.ts'
import { PASSWORD } from '../harness/person.ts'
import type { World } from '../harness/server.ts'
import { askApi, BOTH, DESKTOP, ended, PHONE, type State, WIDE } from './state.ts'

const EMAIL = 'ana.administradora@example.com'
const TEXTS: Record<Locale, AdminTexts> = {
  'pt-BR': adminPortuguese,
  en: adminEnglish,
  es: adminSpanish,
}

/** Signs in as an administrator, and opens a page of administrators. Gives its texts. */
export async function openAdmin(page: Page, { server }: World, path: string): Promise<AdminTexts> {
  const body = { email: EMAIL, password: PASSWORD }
  const made = await askApi(page, 'POST', '/api/chat/account/sign-up', { ...body, name: 'Ana Souza' })
  // The tests of one file share a server.
  if (!(made as { account?: object }).account) await askApi(page, 'POST', '/api/chat/account/sign-in', body)
  await operate(server, operator => operator.makeAdmin(EMAIL))
  await page.goto(server.url + path)
  await page.getByRole('main').waitFor()
  await page.getByRole('main').getByRole('status').filter({ hasText: '…' }).waitFor({ state: 'detached' })
  const lang = await page.locator('html').getAttribute('lang')
  return TEXTS[LOCALES.find(locale => locale === lang) ?? DEFAULT_LOCALE]
}

async function conversed(page: Page, { upstream }: World): Promise<void> {
  upstream.replyOnce({ tokens: ['Um riacho nasce.'], usage: { input: 1200, output: 340 } })
  await ask(page, 'De onde vem um riacho?')
  await page.waitForURL('**/c/*')
  await ended(page)
}

/** The pages of administrators. */
export const ADMIN_STATES: readonly State[] = [
  { name: 'admin-overview', widths: BOTH, schemes: ['light'], show: overview },
  { name: 'admin-overview', widths: [WIDE], schemes: ['dark'], locales: ['en'], show: overview },
  {
    name: 'admin-people',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world) {
      await conversed(page, world)
      await openAdmin(page, world, '/admin/people')
      await page.getByRole('listitem').first().waitFor()
    },
  },
  {
    name: 'admin-invitations',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world) {
      const { inviteEmail, inviteLink, revoke, revokeSure, changed } = await openAdmin(
        page,
        world,
        '/admin/invitations',
      )
      const field = page.getByRole('textbox', { name: inviteEmail })
      for (const email of [
        'bia@example.com',
        'caio.com.um.nome.bem.comprido.mesmo@departamento.example.com',
      ]) {
        await field.fill(email)
        await page.keyboard.press('Enter')
        await page
          .getByRole('button', { name: `${revoke}: ${email}` })
          .first()
          .waitFor()
      }
      for (const question of [revoke, revokeSure])
        await page
          .getByRole('button', { name: `${question}: bia@example.com` })
          .first()
          .click()
      await page.getByText(changed).waitFor()
      await page.getByRole('textbox', { name: inviteLink }).waitFor()
    },
  },
  {
    name: 'admin-groups',
    widths: [PHONE],
    schemes: ['light'],
    async show(page, world) {
      const { edit } = await openAdmin(page, world, '/admin/groups')
      const limits = { budget: null, tokenBudget: 1_000_000, runsAtOnce: 3 }
      await askApi(page, 'POST', '/api/admin/groups', { name: 'Vendas', limits })
      await page.reload()
      await page.getByRole('button', { name: `${edit}: Vendas` }).click()
      await page.getByRole('spinbutton').first().waitFor()
    },
  },
  {
    name: 'admin-nobody',
    widths: [PHONE],
    schemes: ['light'],
    async show(page, world) {
      const { nobodyFound } = await openAdmin(page, world, '/admin/people?email=x')
      await page.getByText(nobodyFound).waitFor()
    },
  },
  {
    name: 'admin-limits',
    widths: [PHONE],
    schemes: ['light'],
    async show(page, world) {
      const { noLimits } = await openAdmin(page, world, '/admin/limits')
      await page.getByText(noLimits).waitFor()
    },
  },
  {
    name: 'admin-assistants',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world) {
      const { edit, check, file, problems } = await openAdmin(page, world, '/admin/assistants')
      await page.getByRole('button', { name: `${edit}: Riacho` }).click()
      await page.getByRole('textbox', { name: file('riacho') }).fill('---\nname: Riacho\nmodel: a b\n---\nOi')
      await page.getByRole('button', { name: check, exact: true }).click()
      await page.getByText(problems).waitFor()
    },
  },
  {
    name: 'admin-providers',
    widths: [PHONE],
    schemes: ['light'],
    async show(page, world) {
      const { test } = await openAdmin(page, world, '/admin/providers')
      world.upstream.replyOnce({ status: 401, body: '{}' })
      await page.getByRole('button', { name: `${test}: test-model` }).click()
      await page.getByText('UPSTREAM_AUTH').waitFor()
    },
  },
  {
    name: 'admin-audit',
    widths: [PHONE, DESKTOP],
    schemes: ['light'],
    async show(page, world) {
      await openAdmin(page, world, '/admin/invitations')
      for (const email of ['bia@example.com', 'caio.com.um.nome.bem.comprido.mesmo@departamento.example.com'])
        await askApi(page, 'POST', '/api/admin/invitations', { email, role: 'admin' })
      const { sections } = await openAdmin(page, world, '/admin/audit')
      await page.getByRole('list', { name: sections.audit }).waitFor()
    },
  },
]

async function overview(page: Page, world: World): Promise<void> {
  await conversed(page, world)
  const { asTable, figures } = await openAdmin(page, world, '/admin?days=7')
  await page.getByText(figures.firstMost).waitFor()
  await page.getByText(asTable).click()
}
