import { DatabaseSync } from 'node:sqlite'
import type { Page } from 'playwright-core'
import { makeConversations } from '../e2e/page.ts'
import type { World } from '../harness/server.ts'
import {
  answered,
  askApi,
  BOTH,
  chooseInMenu,
  DESKTOP,
  openList,
  openMenu,
  openSettings,
  PHONE,
  SHORT,
  type State,
  type Texts,
  WIDE,
} from './state.ts'

const TITLES = [
  'Rios do Sul',
  'Mares',
  'Como nasce um riacho, e por que ele quase nunca corre em linha reta',
  'Pontes',
]

/** The list of conversations, and what is done with one of them. */
export const LIST_STATES: readonly State[] = [
  {
    name: 'list-loading',
    widths: [DESKTOP],
    schemes: ['light', 'dark'],
    async show(page, _world, { list }) {
      await page.route('**/api/chat/conversations?**', () => {})
      await page.reload({ waitUntil: 'commit' })
      await page.getByText(list.loading).waitFor({ state: 'attached' })
    },
  },
  {
    name: 'long-list',
    widths: [PHONE, DESKTOP],
    schemes: ['light'],
    show: longList,
  },
  { name: 'long-list', widths: [WIDE], schemes: ['dark'], locales: ['en'], show: longList },
  {
    name: 'long-list-contrast',
    widths: [DESKTOP],
    schemes: ['dark'],
    contrast: 'high',
    show: longList,
  },
  {
    name: 'archived',
    widths: BOTH,
    schemes: ['light'],
    async show(page, _world, texts) {
      for (const id of (await makeConversations(page, TITLES)).slice(1)) {
        await askApi(page, 'PATCH', `/api/chat/conversations/${id}`, { archived: true })
      }
      await openList(page, texts)
      await page.getByRole('button', { name: texts.list.archived }).locator('visible=true').click()
      await page.getByRole('button', { name: texts.list.back }).locator('visible=true').waitFor()
    },
  },
  {
    name: 'search-empty',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world, texts) {
      await answered(page, world, SHORT)
      await openList(page, texts)
      await page.getByRole('searchbox').locator('visible=true').fill('cachoeira')
      await page.getByText(texts.search.noneBody).locator('visible=true').waitFor()
    },
  },
  {
    name: 'menu',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world, texts) {
      await answered(page, world, SHORT)
      await openMenu(page, texts)
    },
  },
  {
    name: 'menu-contrast',
    widths: [PHONE],
    schemes: ['dark'],
    locales: ['es'],
    contrast: 'high',
    async show(page, world, texts) {
      await answered(page, world, SHORT)
      await openMenu(page, texts)
    },
  },
  {
    name: 'rename',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world, texts) {
      await chooseInMenu(page, world, { texts, item: 'rename' })
      await page.getByRole('dialog', { name: texts.rename.title }).waitFor()
    },
  },
  {
    name: 'closed',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world, texts) {
      await chooseInMenu(page, world, { texts, item: 'close' })
      await page.getByText(texts.conversation.closed).waitFor()
    },
  },
  {
    name: 'loading',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world, { conversation }) {
      await answered(page, world, SHORT)
      await page.route('**/api/chat/conversations/*', () => {})
      await page.reload({ waitUntil: 'commit' })
      await page.getByText(conversation.loading).waitFor({ state: 'attached' })
    },
  },
  {
    name: 'erase',
    widths: BOTH,
    schemes: ['light'],
    async show(page, _world, texts) {
      await openSettings(page, texts)
      await page.getByRole('button', { name: texts.settings.erase }).click()
      await page.getByRole('button', { name: texts.settings.eraseConfirm }).scrollIntoViewIfNeeded()
    },
  },
]

/** Some of them pinned, and older the further down they are. */
async function longList(page: Page, world: World, texts: Texts): Promise<void> {
  const titles = Array.from({ length: 30 }, (_, index) => TITLES[index % TITLES.length] ?? '')
  const ids = await makeConversations(page, titles)
  for (const id of ids.slice(0, 2))
    await askApi(page, 'PATCH', `/api/chat/conversations/${id}`, { pinned: true })
  const database = new DatabaseSync(world.server.databaseFile)
  database.exec('update conversations set updated_at = updated_at - (30 - rowid) * 36000000')
  database.close()
  await page.reload()
  await page.locator('[data-row]').first().waitFor({ state: 'attached' })
  await openList(page, texts)
}
