import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { World } from '../harness/server.ts'
import { countedTokens, type Gate } from '../upstream/upstream.ts'
import { ask, lastReply, noBrowser, type Person } from './browser.ts'
import { shareWorld } from './sharedWorld.ts'

const TABS = 10
/** Milliseconds: ten pages on few cores take their time. */
const LONG = 120_000
/** Milliseconds between two looks at the server, for each costs it some. */
const PACE = 20
const TOKENS = countedTokens(40)
const WHOLE = TOKENS.join('').trim()

const NO_WORKER = 'delete window.SharedWorker'
const NO_LOCKS = 'delete Navigator.prototype.locks'
const BROKEN_WORKER = `{
  const Real = SharedWorker
  window.SharedWorker = function (url, options) { return new Real('/no-such-worker.js', options) }
}`

const world = shareWorld()

describe.skipIf(noBrowser)('tabs of one browser', () => {
  describe.each([
    ['a shared worker', ''],
    ['one that leads', NO_WORKER],
  ])('over %s', (_kind, initScript) => {
    test(
      'ten with a live reply each, and then ten on one reply, all grow at once over one connection',
      async () => {
        const person = await world.visit({ initScript })
        const tabs = [person.page, ...(await openTabs(person, TABS - 1, '/'))]
        using asking = watchReaders(world.server.url)
        const gates = await askInEach(tabs, world)
        // The answer to a send, until the shared connection has its run too.
        expect(await asking.most()).toBeLessThanOrEqual(2)

        using own = watchReaders(world.server.url)
        for (const word of ['t1', 't2', 't3']) {
          for (const gate of gates) await gate.next()
          await allShow(tabs, word)
        }
        expect(await answersTo(tabs)).toEqual(tabs.map(() => 200))
        expect(await own.most()).toBe(1)
        for (const gate of gates) gate.open()
        await allEnd(tabs)
        expect(world.upstream.requests.length).toBe(TABS)
        await expect.poll(() => readersOf(world.server.url)).toBe(0)

        const gate = world.upstream.hold({ tokens: TOKENS })
        await ask(person.page, 'Conte mais')
        await gate.next()
        await allShow([person.page], 't0')
        const path = new URL(person.page.url()).pathname
        for (const tab of tabs.slice(1)) await tab.goto(path)
        await allShow(tabs, 't0')
        using shared = watchReaders(world.server.url)
        for (const word of ['t1', 't2', 't3']) {
          await gate.next()
          await allShow(tabs, word)
        }
        expect(await shared.most()).toBe(1)
        gate.open()
        await allEnd(tabs)
        expect(person.faults).toEqual([])
      },
      LONG,
    )

    test(
      'when the first one is closed, another takes over, and nothing is lost',
      async () => {
        const person = await world.visit({ initScript })
        const rest = await openTabs(person, 2, '/')
        const [gate, ...others] = await askInEach([person.page, ...rest], world)
        const late = await person.openTab(await pathOf(person.page))
        await allShow([late], 't0')
        await person.page.close()
        const all = [gate as Gate, ...others]
        for (const each of all) await each.next(2)
        await allShow([late, ...rest], 't2')
        await expect.poll(() => readersOf(world.server.url)).toBe(1)
        for (const each of all) each.open()
        await allEnd([late, ...rest])
        expect(person.faults).toEqual([])
      },
      LONG,
    )
  })

  test('idle ones hold no connection, and one that is closed is forgotten', async () => {
    const person = await world.visit()
    const readers = () => readersOf(world.server.url)
    const second = await person.openTab('/')
    expect(await readers()).toBe(0)
    world.upstream.hold({ tokens: TOKENS })
    await ask(second, 'Conte')
    await second.getByText('Escrevendo a resposta…').waitFor()
    await expect.poll(readers).toBe(1)
    await second.close()
    await expect.poll(readers).toBe(0)
  })

  test('with a worker that cannot be loaded, and no locks, each reads for itself', async () => {
    const person = await world.visit({ initScript: `${BROKEN_WORKER}; ${NO_LOCKS}` })
    const gate = world.upstream.hold({ tokens: TOKENS })
    await ask(person.page, 'Conte')
    await gate.next()
    const [second] = await openTabs(person, 1, await pathOf(person.page))
    const tabs = [person.page, second as Page]
    await allShow(tabs, 't0')
    await expect.poll(() => readersOf(world.server.url), { timeout: 10_000 }).toBe(2)
    gate.open()
    await allEnd(tabs)
  })
})

function openTabs(person: Person, count: number, path: string): Promise<Page[]> {
  return Promise.all(Array.from({ length: count }, () => person.openTab(path)))
}

/** Asks something in one tab after the other; each reply has begun over the shared connection, and waits at its gate. */
async function askInEach(tabs: readonly Page[], { upstream, server }: World): Promise<Gate[]> {
  const gates: Gate[] = []
  for (const tab of tabs) {
    const gate = upstream.hold({ tokens: TOKENS })
    gates.push(gate)
    await ask(tab, 'Conte')
    await gate.next()
    await allShow([tab], 't0')
    await expect.poll(() => readersOf(server.url)).toBe(1)
  }
  return gates
}

async function pathOf(page: Page): Promise<string> {
  await page.waitForURL(/\/c\//)
  return new URL(page.url()).pathname
}

async function allShow(tabs: readonly Page[], word: string): Promise<void> {
  await Promise.all(
    tabs.map(tab =>
      lastReply(tab)
        .getByText(new RegExp(`\\b${word}\\b`))
        .waitFor(),
    ),
  )
}

/** Every reply is whole and in order, and done. */
async function allEnd(tabs: readonly Page[]): Promise<void> {
  for (const tab of tabs) {
    await lastReply(tab).getByRole('button', { name: 'Copiar' }).waitFor()
    expect((await lastReply(tab).locator('p').first().innerText()).trim()).toBe(WHOLE)
  }
}

/** What the server answers while each tab reads its reply. */
function answersTo(tabs: readonly Page[]): Promise<number[]> {
  return Promise.all(
    tabs.map(tab => tab.evaluate(async () => (await fetch('/api/chat/conversations')).status)),
  )
}

async function readersOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text()
  return Number(/^riacho_readers (\d+)$/m.exec(text)?.[1])
}

/** Asks the server again and again how many streams are open, until it is asked for the result. */
function watchReaders(url: string) {
  const answers: number[] = []
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      answers.push(await readersOf(url))
      await delay(PACE)
    }
    return Math.max(...answers)
  })()
  const end = () => {
    isOver = true
    return watching
  }
  return { most: end, [Symbol.dispose]: () => void end() }
}
