import type { Page } from 'playwright-core'
import { ask } from '../e2e/browser.ts'
import { otherDevice } from '../e2e/otherDevice.ts'
import type { World } from '../harness/server.ts'
import {
  answered,
  BOTH,
  chooseInMenu,
  DESKTOP,
  ended,
  openList,
  openSettings,
  PHONE,
  REASONED,
  SHORT,
  type State,
  shared,
  type Texts,
  WIDE,
} from './state.ts'

const DIAGRAM =
  '```mermaid\nflowchart LR\n  navegador -->|POST| http --> run --> provedor\n  run --> log --> assinatura\n  assinatura -->|SSE| navegador\n```\n'

/** The states that each conversation comes through. */
export const STATES: readonly State[] = [
  { name: 'start', widths: [PHONE, DESKTOP, WIDE], schemes: ['light', 'dark'], show: async () => undefined },
  {
    name: 'start',
    widths: [DESKTOP],
    schemes: ['light'],
    locales: ['en', 'es'],
    show: async () => undefined,
  },
  {
    name: 'start-contrast',
    widths: [DESKTOP],
    schemes: ['light', 'dark'],
    contrast: 'high',
    show: async () => undefined,
  },
  {
    name: 'writing',
    widths: BOTH,
    schemes: ['light'],
    async show(page, { upstream }) {
      const gate = upstream.hold({ tokens: ['Um riacho nasce ', 'de uma **nascente', '** e corre.'] })
      await ask(page, 'De onde vem um riacho?')
      await gate.next(2)
      await page.locator('main').getByText('nascente', { exact: false }).last().waitFor()
    },
  },
  {
    name: 'reply',
    widths: [PHONE, DESKTOP, WIDE],
    schemes: ['light', 'dark'],
    show: (page, world) => answered(page, world, REASONED),
  },
  {
    name: 'diagram',
    widths: [DESKTOP],
    schemes: ['light', 'dark'],
    async show(page, world) {
      await answered(page, world, { tokens: [`Assim corre uma resposta:\n\n${DIAGRAM}`] })
      await page.locator('main img').first().waitFor()
    },
  },
  {
    name: 'failed',
    widths: BOTH,
    schemes: ['light'],
    show: (page, world) => answered(page, world, { status: 401, body: { error: {} } }),
  },
  {
    name: 'stopped',
    widths: [PHONE],
    schemes: ['dark'],
    async show(page, { upstream }) {
      const gate = upstream.hold({ tokens: ['Um riacho nasce de uma nascente ', 'e corre.'] })
      await ask(page, 'De onde vem um riacho?')
      await gate.next()
      await page.getByText('Um riacho nasce').waitFor()
      await page.getByRole('button', { name: 'Parar resposta' }).click()
      await page.getByText('Esta resposta foi parada.').waitFor()
    },
  },
  {
    name: 'versions',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world) {
      await answered(page, world, SHORT)
      world.upstream.replyOnce({ tokens: ['De uma nascente, quase sempre no alto de um morro.'] })
      await page.getByRole('button', { name: 'Gerar outra resposta' }).last().click()
      await page.getByText('no alto de um morro').waitFor()
      await ended(page)
    },
  },
  {
    name: 'edit',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world) {
      await answered(page, world, SHORT)
      await page.getByRole('button', { name: 'Editar pergunta' }).click()
    },
  },
  {
    name: 'queue',
    widths: [PHONE],
    schemes: ['light'],
    async show(page, { upstream }) {
      const gate = upstream.hold({ tokens: ['Um riacho nasce ', 'de uma nascente.'] })
      await ask(page, 'De onde vem um riacho?')
      await gate.next()
      await page.getByText('Um riacho nasce').waitFor()
      await ask(page, 'E para onde vai?')
      await page.getByText('E para onde vai?').waitFor()
    },
  },
  {
    name: 'details',
    widths: BOTH,
    schemes: ['light'],
    locales: ['pt-BR', 'es'],
    async show(page, world, texts) {
      await answered(page, world, REASONED)
      await page.getByRole('button', { name: texts.details.title }).click()
    },
  },
  {
    name: 'search',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world, texts) {
      await answered(page, world, { tokens: ['Um riacho não para: a água corre até o rio.'] })
      await openList(page, texts)
      await page.getByRole('searchbox').locator('visible=true').first().fill('nao')
      await page.locator('mark').locator('visible=true').first().waitFor()
    },
  },
  {
    name: 'settings',
    widths: BOTH,
    schemes: ['light', 'dark'],
    show: (page, _world, texts) => openSettings(page, texts),
  },
  {
    name: 'settings',
    widths: [PHONE],
    schemes: ['light'],
    locales: ['en', 'es'],
    show: (page, _world, texts) => openSettings(page, texts),
  },
  { name: 'keys', widths: BOTH, schemes: ['light'], show: keys },
  { name: 'keys', widths: [PHONE], schemes: ['dark'], locales: ['es'], show: keys },
  { name: 'new-key', widths: BOTH, schemes: ['light'], show: newKey },
  { name: 'devices', widths: BOTH, schemes: ['light'], show: devices },
  { name: 'devices', widths: [PHONE], schemes: ['dark'], locales: ['es'], show: devices },
  {
    name: 'palette',
    widths: [DESKTOP],
    schemes: ['dark'],
    locales: ['pt-BR', 'en'],
    async show(page, _world, texts) {
      await page.keyboard.press('Control+k')
      await page.getByRole('dialog', { name: texts.palette.title }).waitFor()
    },
  },
  {
    name: 'shortcuts',
    widths: [DESKTOP],
    schemes: ['light'],
    async show(page) {
      await page.getByRole('button', { name: 'Atalhos do teclado' }).locator('visible=true').click()
      await page.getByRole('dialog', { name: 'Atalhos do teclado' }).waitFor()
    },
  },
  {
    name: 'share',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world, texts) {
      await chooseInMenu(page, world, { texts, item: 'share' })
      await page.getByRole('button', { name: 'Criar link' }).click()
      await page.getByRole('textbox', { name: 'Endereço do link' }).waitFor()
    },
  },
  {
    name: 'shared',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world) {
      await answered(page, world, REASONED)
      const path = `/s/${await shared(page)}`
      await page.goto(path)
      await page.getByText('Com um flutuador').waitFor()
    },
  },
  {
    name: 'undo',
    widths: [PHONE],
    schemes: ['light'],
    async show(page, world, texts) {
      await chooseInMenu(page, world, { texts, item: 'remove' })
      await page.getByRole('button', { name: 'Desfazer' }).waitFor()
    },
  },
  {
    name: 'drawer',
    widths: [PHONE],
    schemes: ['dark'],
    async show(page, world, texts) {
      await answered(page, world, SHORT)
      await openList(page, texts)
    },
  },
  {
    name: 'not-found',
    widths: [PHONE],
    schemes: ['light'],
    async show(page) {
      await page.goto('/c/01a20746-b67c-74bd-afcd-c3ee5055af12')
      await page.getByText('Não encontramos esta conversa').waitFor()
    },
  },
  {
    name: 'offline',
    widths: [PHONE],
    schemes: ['light'],
    async show(page, world) {
      await answered(page, world, SHORT)
      await page.context().setOffline(true)
      await page.getByText('Você está sem conexão', { exact: false }).waitFor()
    },
  },
  {
    name: 'outdated',
    widths: BOTH,
    schemes: ['light'],
    async show(page, world) {
      await answered(page, world, SHORT)
      await page.route('**/assets/conversationActions-*.js', route => route.fulfill({ status: 404 }))
      await page
        .getByRole('button', { name: /^Opções:/ })
        .last()
        .click()
      await page.getByText('Há uma versão nova desta página', { exact: false }).waitFor()
    },
  },
]

/** One key in the list, and the secret of another one. */
async function keys(page: Page, _: World, texts: Texts) {
  await openSettings(page, texts)
  const section = page.getByRole('region', { name: texts.keys.title })
  const button = (name: string) => section.getByRole('button', { name, exact: true })
  for (const name of ['Planilha de custos', 'Robô do suporte']) {
    await button(texts.keys.create).click()
    await section.getByRole('textbox').fill(name)
    await button(texts.keys.create).click()
    await button(texts.keys.done).waitFor()
    if (name.startsWith('Planilha')) await button(texts.keys.done).click()
  }
  await button(texts.keys.done).scrollIntoViewIfNeeded()
}

/** What a new key is asked for. */
async function newKey(page: Page, _: World, texts: Texts) {
  await openSettings(page, texts)
  const section = page.getByRole('region', { name: texts.keys.title })
  await section.getByRole('button', { name: texts.keys.create }).click()
  await section.getByRole('button', { name: texts.keys.cancel }).scrollIntoViewIfNeeded()
}

async function devices(page: Page, { server }: World, texts: Texts) {
  for (const system of ['iPhone', 'Windows']) otherDevice(server, `Mozilla/5.0 (${system}) Firefox/140.0`)
  await openSettings(page, texts)
  await page
    .getByRole('region', { name: texts.sessions.title })
    .getByRole('button', { name: texts.sessions.signOutOthers })
    .scrollIntoViewIfNeeded()
}
