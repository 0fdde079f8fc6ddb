import type { Page } from 'playwright-core'
import { beforeEach, describe, expect, test } from 'vitest'
import { createFaultProxy } from '../harness/faultProxy.ts'
import { openWorld, startProcess, type World } from '../harness/server.ts'
import { ask, conversation, lastReply, noBrowser } from './browser.ts'
import { shareWorld } from './sharedWorld.ts'

const SEND = '**/api/chat/send'
const WAITING = 'Ainda não enviada. Vamos tentar de novo assim que der.'
const SENDING = 'Enviando…'
const ANSWER = { tokens: ['Cheguei', ' bem.'] }
const LOST = 'Conexão perdida. Reconectando…'

const world = shareWorld()

describe.skipIf(noBrowser)('when the server is out of reach', () => {
  const stored = (at: World = world) => at.server.rows(`select id from messages where role = 'USER'`).length

  beforeEach(() => world.upstream.reply(ANSWER))

  test('a message typed offline waits, says so, and is sent once when the network is back', async () => {
    const { page, context } = await world.visit()
    await context.setOffline(true)
    await ask(page, 'Olá daqui')
    await bubble(page, WAITING).waitFor()
    await page.getByText('Você está sem conexão', { exact: false }).waitFor()
    expect(stored()).toBe(0)
    await context.setOffline(false)
    await answered(page)
    expect(stored()).toBe(1)
    expect(world.upstream.requests.length).toBe(1)
  })

  test('a message that cannot be delivered survives a reload, never looks saved, and is stored once', async () => {
    const { page, context } = await world.visit()
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    let isOver = false
    // The server stores the first one, and the page never learns it; the next ones do not leave the page.
    await context.route(SEND, async route => {
      await held
      if (isOver) return route.continue()
      if (stored() === 0) await route.fetch()
      await route.abort()
    })
    await ask(page, 'Olá daqui')
    await bubble(page, SENDING).waitFor()
    expect(stored()).toBe(0)
    release()
    await bubble(page, WAITING).waitFor()
    expect(stored()).toBe(1)
    await page.reload()
    await bubble(page, WAITING).waitFor()
    isOver = true
    await answered(page)
    expect(stored()).toBe(1)
    expect(world.upstream.requests.length).toBe(1)
    await page.reload()
    await answered(page)
    expect(await conversation(page).getByText('Olá daqui').count()).toBe(1)
  })

  test('a message that could not be delivered in a tab that was closed is in the composer of the next one, and stored once', async () => {
    const { page, context, openTab } = await world.visit()
    let isOver = false
    await context.route(SEND, async route => {
      if (isOver) return route.continue()
      if (stored() === 0) await route.fetch()
      await route.abort()
    })
    await ask(page, 'Olá daqui')
    await bubble(page, WAITING).waitFor()
    await page.close()
    isOver = true
    const next = await openTab('/')
    const field = next.getByRole('textbox', { name: 'Mensagem' })
    await expect.poll(() => field.inputValue()).toBe('Olá daqui')
    await field.press('Enter')
    await answered(next)
    expect(stored()).toBe(1)
    expect(world.upstream.requests.length).toBe(1)
  })

  test('a message sent to a server that was killed is answered by the next one', async () => {
    await using own = await openWorld()
    own.upstream.reply(ANSWER)
    const { page } = await world.visit({ url: own.server.url })
    await own.server.kill('SIGKILL')
    await ask(page, 'Olá daqui')
    await bubble(page, WAITING).waitFor()
    const { port } = new URL(own.server.url)
    const { upstream, folder } = own
    await using _again = await startProcess({ upstream, folder, settings: { PORT: port, TITLES: 'words' } })
    await answered(page)
    expect(stored(own)).toBe(1)
    expect(upstream.requests.length).toBe(1)
  })

  test('a reply whose connection is lost says so in every tab, and goes on when the network is back', async () => {
    await using proxy = await createFaultProxy(Number(new URL(world.server.url).port))
    const { page, openTab } = await world.visit({ url: proxy.url })
    const gate = world.upstream.hold({ tokens: ['Um', ' dois', ' três', ' quatro.'] })
    await ask(page, 'Conte')
    await gate.next()
    await lastReply(page).getByText('Um').waitFor()
    const second = await openTab(new URL(page.url()).pathname)
    const tabs = [page, second]
    for (const tab of tabs) await lastReply(tab).getByText('Um').waitFor()
    proxy.set({ cutAfter: 0, cutBy: 'reset' })
    for (const connection of proxy.connections) connection.reset()
    for (const tab of tabs) await lastReply(tab).getByText(LOST).waitFor()
    await gate.next(2)
    proxy.set({})
    await second.evaluate(() => dispatchEvent(new Event('online')))
    for (const tab of tabs) await lastReply(tab).getByText('Um dois três').waitFor()
    gate.open()
    for (const tab of tabs) {
      await lastReply(tab).getByText('Um dois três quatro.').waitFor()
      expect(await lastReply(tab).getByText(LOST).count()).toBe(0)
    }
  })
})

/** The message on its way, with what is said below it. */
function bubble(page: Page, state: string) {
  return conversation(page).getByText(state)
}

/** The reply is there, and nothing says that the message is not. */
async function answered(page: Page): Promise<void> {
  await lastReply(page).getByText('Cheguei bem.').waitFor()
  for (const state of [WAITING, SENDING]) expect(await bubble(page, state).count()).toBe(0)
}
