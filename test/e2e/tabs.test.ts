import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorld } from '../harness/server.ts'
import { countedTokens, type Gate, type Upstream } from '../upstream/upstream.ts'
import { ask, lastReply, launchBrowser, newPerson, noBrowser, type Person } from './browser.ts'

const TABS = 10
/** Streams that one browser may hold open; see `src/client/sharing/streamHub.ts`. */
const SLOTS = 3
const TOKENS = countedTokens(40)
const WHOLE = TOKENS.join('').trim()

const NO_WORKER = 'delete window.SharedWorker'
/** Counts the streams by which the page itself follows runs: each one ends by being aborted. */
const COUNT_STREAMS = `{
  const real = window.fetch
  let open = 0
  window.mostStreams = 0
  window.fetch = (path, init) => {
    if (String(path).endsWith('/events')) {
      open += 1
      init.signal.addEventListener('abort', () => { open -= 1 })
      window.mostStreams = Math.max(window.mostStreams, open)
    }
    return real(path, init)
  }
}`
const NO_LOCKS = 'delete Navigator.prototype.locks'
const BROKEN_WORKER = `{
  const Real = SharedWorker
  window.SharedWorker = function (url, options) { return new Real('/no-such-worker.js', options) }
}`

describe.skipIf(noBrowser)('tabs of one browser', () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchBrowser()
  })

  afterAll(() => browser.close())

  test('ten of them with a reply each, and then all on one reply, are live, and the server still answers', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
    const tabs = [person.page, ...(await openTabs(person, TABS - 1, '/'))]
    const gates = await askInEach(tabs, world.upstream)
    using own = watchReaders(world.server.url)
    for (const word of ['t1', 't2', 't3']) {
      for (const gate of gates) await gate.next()
      await allShow(tabs, word)
    }
    const answers = await Promise.all(
      tabs.map(tab => tab.evaluate(async () => (await fetch('/api/chat/conversations')).status)),
    )
    expect(answers).toEqual(tabs.map(() => 200))
    // At a change of turn the server may see who comes before it sees that the other has left.
    expect(await own.median()).toBeLessThanOrEqual(SLOTS)
    for (const gate of gates) gate.open()
    await allEnd(tabs)
    expect(world.upstream.requests.length).toBe(TABS)

    const gate = world.upstream.hold({ tokens: TOKENS })
    await ask(person.page, 'Conte mais')
    await gate.next()
    await allShow([person.page], 't0')
    const path = new URL(person.page.url()).pathname
    await Promise.all(tabs.slice(1).map(tab => tab.goto(path)))
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
  })

  test('without shared workers one tab leads: five replies are live over three connections', async () => {
    await using world = await openWorld()
    const initScript = `${NO_WORKER}; ${COUNT_STREAMS}`
    await using person = await newPerson(browser, { url: world.server.url, initScript })
    const tabs = [person.page, ...(await openTabs(person, 4, '/'))]
    const gates = await askInEach(tabs, world.upstream)
    for (const word of ['t1', 't2', 't3']) {
      for (const gate of gates) await gate.next()
      await allShow(tabs, word)
    }
    for (const gate of gates) gate.open()
    await allEnd(tabs)
    const most = await Promise.all(tabs.map(tab => tab.evaluate(() => Reflect.get(window, 'mostStreams'))))
    expect(most.sort()).toEqual([0, 0, 0, 0, SLOTS])
    expect(person.faults).toEqual([])
  })

  test('idle ones hold no connection, and one that is closed is forgotten', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url })
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

  test('when the leading one is closed, another leads, and nothing is lost', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, { url: world.server.url, initScript: NO_WORKER })
    const gate = world.upstream.hold({ tokens: TOKENS })
    await ask(person.page, 'Conte')
    await gate.next()
    await person.page.getByText('t0').waitFor()
    const rest = await openTabs(person, 3, new URL(person.page.url()).pathname)
    await person.page.close()
    await gate.next(2)
    await allShow(rest, 't2')
    expect(await readersOf(world.server.url)).toBe(1)
    gate.open()
    await allEnd(rest)
    expect(person.faults).toEqual([])
  })

  test('with a worker that cannot be loaded, and no locks, each reads for itself', async () => {
    await using world = await openWorld()
    await using person = await newPerson(browser, {
      url: world.server.url,
      initScript: `${BROKEN_WORKER}; ${NO_LOCKS}`,
    })
    const gate = world.upstream.hold({ tokens: TOKENS })
    await ask(person.page, 'Conte')
    await gate.next()
    const [second] = await openTabs(person, 1, await pathOf(person.page))
    const tabs = [person.page, second as Page]
    await allShow(tabs, 't0')
    await expect.poll(() => readersOf(world.server.url)).toBe(2)
    gate.open()
    await allEnd(tabs)
  })
})

function openTabs(person: Person, count: number, path: string): Promise<Page[]> {
  return Promise.all(Array.from({ length: count }, () => person.openTab(path)))
}

/** Asks something in one tab after the other; each reply has begun, and waits at its gate. */
async function askInEach(tabs: readonly Page[], upstream: Upstream): Promise<Gate[]> {
  const gates: Gate[] = []
  for (const tab of tabs) {
    const gate = upstream.hold({ tokens: TOKENS })
    gates.push(gate)
    await ask(tab, 'Conte')
    await gate.next()
    await allShow([tab], 't0')
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

async function readersOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text()
  return Number(/^riacho_readers (\d+)$/m.exec(text)?.[1])
}

/** Asks the server again and again how many streams are open, until it is asked for the result. */
function watchReaders(url: string) {
  const answers: number[] = []
  let isOver = false
  const watching = (async () => {
    while (!isOver) answers.push(await readersOf(url))
    return answers.sort((first, second) => first - second)
  })()
  const end = () => {
    isOver = true
    return watching
  }
  return {
    most: async () => (await end()).at(-1),
    median: async () => (await end())[answers.length >> 1],
    [Symbol.dispose]: () => void end(),
  }
}
