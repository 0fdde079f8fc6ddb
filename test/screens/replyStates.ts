import type { Page } from 'playwright-core'
import { ask, lastReply } from '../e2e/browser.ts'
import { startProcess, type World } from '../harness/server.ts'
import {
  answered,
  BOTH,
  DESKTOP,
  ended,
  PHONE,
  REASONED,
  SHORT,
  type State,
  type Texts,
  WIDE,
} from './state.ts'

const QUESTION = 'De onde vem um riacho?'
const BEGINNING = 'Um riacho nasce de uma nascente'
const PARAGRAPHS = Array.from(
  { length: 40 },
  (_, index) => `Parágrafo ${index + 1}: a água corre e não para.\n\n`,
)
const IMAGE =
  'Assim corre ele:\n\n![Mapa do riacho](https://example.com/mapas/riacho.png?pessoa=42)\n\nVeja a curva.'
const columns = (cell: (column: number) => string) =>
  `| ${Array.from({ length: 12 }, (_, column) => cell(column)).join(' | ')} |\n`
const TABLE =
  columns(column => `mês ${column + 1}`) +
  columns(() => '---') +
  columns(column => `${column * 7}\u00a0m³/s`).repeat(4)

/** What can become of a reply, and what can be in one. */
export const REPLY_STATES: readonly State[] = [
  {
    name: 'waiting',
    widths: BOTH,
    schemes: ['light'],
    async show(page, { upstream }, { message }) {
      upstream.hold({ tokens: [BEGINNING] })
      await ask(page, QUESTION)
      await page.getByText(message.writing).waitFor()
    },
  },
  {
    name: 'provider-wait',
    widths: [PHONE],
    schemes: ['light', 'dark'],
    async show(page, { upstream }) {
      const body = { error: { code: 'rate_limit_exceeded', message: 'Rate limit reached.' } }
      upstream.reply({ status: 429, headers: { 'retry-after': '20' }, body })
      await ask(page, QUESTION)
      await lastReply(page).getByText('Esperando o provedor.', { exact: false }).waitFor()
    },
  },
  {
    name: 'history-cut',
    widths: [PHONE],
    schemes: ['light'],
    async show(page, world, { message }) {
      await answered(page, world, SHORT)
      world.upstream.reply(({ body }) => ((body.input ?? []).length > 1 ? 'context-too-long' : SHORT))
      await ask(page, 'E para onde vai?')
      await page.getByText(message.historyFrom).waitFor()
    },
  },
  {
    name: 'reconnecting',
    endsServer: true,
    widths: BOTH,
    schemes: ['light'],
    async show(page, world, { message }) {
      await begun(page, world)
      await world.server.kill('SIGKILL')
      await lastReply(page).getByText(message.reconnecting).waitFor()
    },
  },
  { name: 'interrupted', endsServer: true, widths: [PHONE], schemes: ['light', 'dark'], show: interrupted },
  {
    name: 'interrupted',
    endsServer: true,
    widths: [DESKTOP],
    schemes: ['light'],
    locales: ['en'],
    show: interrupted,
  },
  {
    name: 'continued',
    widths: [PHONE],
    schemes: ['light'],
    async show(page, world, { composer, message }) {
      await begun(page, world)
      await page.getByRole('button', { name: composer.stop }).click()
      world.upstream.replyOnce({ tokens: [' e corre.\n\n', 'No caminho encontra um rio.'] })
      await page.getByRole('button', { name: message.continue }).click()
      await page.getByText('No caminho encontra').waitFor()
      await ended(page)
    },
  },
  {
    name: 'unanswered',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world, { actions, message }) {
      await answered(page, world, SHORT)
      await page.getByRole('button', { name: actions.fork }).first().click()
      await page.getByText(message.unanswered).waitFor()
    },
  },
  {
    name: 'new-text',
    widths: BOTH,
    schemes: ['light'],
    async show(page, { upstream }, { conversation }) {
      const gate = upstream.hold({ tokens: PARAGRAPHS })
      await ask(page, QUESTION)
      await gate.next(30)
      await lastReply(page).getByText('Parágrafo 30').waitFor()
      await page.locator('[data-messages]').evaluate(box => box.scrollBy(0, -500))
      await gate.next(5)
      await page.getByRole('button', { name: conversation.newText }).waitFor()
    },
  },
  {
    name: 'reasoning',
    widths: [PHONE, WIDE],
    schemes: ['light'],
    async show(page, world) {
      await answered(page, world, REASONED)
      await page.locator('details summary').first().click()
      await page.locator('[data-messages]').evaluate(box => box.scrollTo(0, 0))
    },
  },
  {
    name: 'image',
    widths: [PHONE, DESKTOP],
    schemes: ['light'],
    async show(page, world) {
      await answered(page, world, { tokens: [IMAGE] })
      await page.getByRole('button', { name: /^Mapa do riacho/ }).click()
    },
  },
  {
    name: 'wide-table',
    widths: BOTH,
    schemes: ['light'],
    show: (page, world) => answered(page, world, { tokens: [`A vazão:\n\n${TABLE}\nNo verão sobe.`] }),
  },
  {
    name: 'feedback',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world, { feedback }) {
      await answered(page, world, SHORT)
      await page.getByRole('button', { name: feedback.down }).click()
      await page.getByRole('dialog', { name: feedback.title }).waitFor()
    },
  },
]

async function begun(page: Page, { upstream }: World): Promise<void> {
  const gate = upstream.hold({ tokens: [BEGINNING, ' e corre.'] })
  await ask(page, QUESTION)
  await gate.next()
  await page.getByText(BEGINNING).waitFor()
}

async function interrupted(page: Page, world: World, { errors }: Texts): Promise<void> {
  await begun(page, world)
  await world.server.kill('SIGKILL')
  const { upstream, folder, server } = world
  const { port } = new URL(server.url)
  const again = await startProcess({ upstream, folder, settings: { ...server.settings, PORT: port } })
  page.once('close', () => void again.kill('SIGKILL'))
  await page.locator('main').getByText(errors.REPLY_INTERRUPTED).waitFor()
}
