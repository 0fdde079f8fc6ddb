import { afterEach, expect, test, vi } from 'vitest'
import {
  type ConnectionState,
  HUB_NAME,
  type HubLink,
  type HubLinkHandlers,
  type MessageToHub,
  type MessageToTab,
  type OpenHubLink,
} from '../client/streams/hubProtocol.ts'
import type { Frame } from '../client/streams/runCursor.ts'
import { createSharedStreams } from '../client/streams/sharedStreams.ts'
import { createManualTimers } from '../client/testing/manualTimers.ts'
import { createRunServer } from '../client/testing/runServer.ts'
import type { EventWriter } from '../client/testing/scriptedServer.ts'
import {
  COMPLETED,
  OLA,
  STARTED,
  type StartedChat,
  say,
  serve,
  startChat,
} from '../client/testing/startChat.ts'
import { createTestBrowser, createTestTimers } from '../client/testing/testBrowser.ts'
import { isDelta } from '../protocol/events.ts'
import { leaderLink } from './leaderLink.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

interface Opened extends HubLink {
  handlers: HubLinkHandlers
  posted: MessageToHub[]
  isClosed: boolean
}

/** Links that say nothing by themselves, in the order in which they were opened. */
function createScriptedLinks() {
  const opened: Opened[] = []
  const open: OpenHubLink = handlers => {
    const link: Opened = {
      handlers,
      posted: [],
      isClosed: false,
      post: message => link.posted.push(message),
      rest: () => {},
      close: () => {
        link.isClosed = true
      },
    }
    opened.push(link)
    return link
  }
  return { opened, open }
}

function setUp(links: readonly OpenHubLink[]) {
  const timers = createManualTimers()
  const server = createRunServer(['r0'], 5)
  const shared = createSharedStreams({ ...createTestBrowser({ fetch: server.fetch }), timers }, links)
  const stop = shared.start()
  const follow = () =>
    shared.follow({
      from: { runId: 'r0', seq: 1 },
      onEvents: () => {},
      onConnection: () => {},
      onDone: () => {},
    })
  return { timers, server, follow, stop }
}

test('a kind of link that never answers gives way to the next, and the last to a connection of its own', async () => {
  const [first, second] = [createScriptedLinks(), createScriptedLinks()]
  const { timers, server, follow, stop } = setUp([first.open, () => null, second.open])
  follow()
  expect(first.opened[0]?.posted).toMatchObject([{ type: 'follow', position: { runId: 'r0', seq: 1 } }])
  await timers.advance(3_000)
  expect(first.opened[0]?.isClosed).toBe(true)
  expect(second.opened[0]?.posted).toMatchObject([{ type: 'follow' }])
  second.opened[0]?.handlers.onBroken()
  await timers.advance(0)
  expect(server.open()).toBe(1)
  stop()
})

test('a link that falls silent is opened again', async () => {
  const { opened, open } = createScriptedLinks()
  const { timers, server, follow, stop } = setUp([open])
  follow()
  opened[0]?.handlers.onMessage({ type: 'ping' })
  expect(opened[0]?.posted.at(-1)).toEqual({ type: 'here' })
  await timers.advance(25_000)
  expect(opened.map(({ isClosed }) => isClosed)).toEqual([true, false])
  expect(opened[1]?.posted).toMatchObject([{ type: 'follow' }])
  expect(server.open()).toBe(0)
  stop()
})

test('a tab that follows nothing waits for nothing', async () => {
  const { opened, open } = createScriptedLinks()
  const { timers, follow, stop } = setUp([open])
  follow().close()
  await timers.advance(60_000)
  expect(opened).toMatchObject([{ isClosed: false, posted: [{ type: 'follow' }, { type: 'leave' }] }])
  stop()
})

interface HandedOver extends AsyncDisposable {
  chat: StartedChat
  writer: EventWriter
  /** Resolves when the answer to the send is left. */
  left: Promise<void>
  isLeft(): boolean
  hub: Opened
  /** Says something of the view that was asked for. */
  tell(message: { state: ConnectionState } | { frames: Frame[] }): void
}

/** A reply that has just got its name over the answer to its send, and a hub that was asked for it. */
async function handOver(): Promise<HandedOver> {
  const left = Promise.withResolvers<void>()
  const began = Promise.withResolvers<EventWriter>()
  let isLeft = false
  void left.promise.then(() => {
    isLeft = true
  })
  const server = await serve({
    'POST /api/chat/send': call => {
      call.response.on('close', left.resolve)
      began.resolve(call.stream().write(1, [STARTED]))
    },
  })
  const { opened, open } = createScriptedLinks()
  const chat = startChat(server, { links: [open], timers: createTestTimers({ holdAll: true }) })
  say(chat, 'oi')
  await expect
    .poll(() => opened[0]?.posted)
    .toMatchObject([{ type: 'follow', position: { runId: 'r1', seq: 1 }, isVisible: true }])
  const hub = opened[0] as Opened
  const [asked] = hub.posted
  const view = asked?.type === 'follow' ? asked.view : ''
  return {
    chat,
    writer: await began.promise,
    left: left.promise,
    isLeft: () => isLeft,
    hub,
    tell: message =>
      hub.handlers.onMessage({
        type: 'state' in message ? 'connection' : 'frames',
        view,
        ...message,
      } as MessageToTab),
    async [Symbol.asyncDispose]() {
      await expect.poll(() => chat.client.getState().list.status).toBe('ready')
      chat.stop()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** What is on the screen of the reply under way. */
function paintedParts({ browser, current }: StartedChat) {
  browser.paint()
  return current().run?.parts
}

const REST = [OLA, COMPLETED].map((event, index) => ({ seq: index + 2, event }))

test('the answer to a send is read until the hub has the reply, and then left to it', async () => {
  await using handed = await handOver()
  const { chat, writer, left, tell } = handed
  tell({ state: 'asking' })
  writer.write(2, [OLA])
  await expect.poll(() => paintedParts(chat)).toEqual([{ id: '1', type: 'text', text: 'Olá' }])
  expect(handed.isLeft()).toBe(false)
  tell({ state: 'live' })
  await left
  tell({ frames: REST })
  expect(chat.texts()).toEqual(['oi', 'Olá'])
  expect(chat.current().lastEnd).toBe('completed')
})

test('a reply whose hub cannot reach the server comes in over the answer to its send', async () => {
  await using handed = await handOver()
  const { chat, writer, tell, hub } = handed
  tell({ state: 'lost' })
  expect(chat.current().run?.connected).toBe(true)
  writer.write(2, [OLA, COMPLETED]).end()
  await expect.poll(() => chat.current().lastEnd).toBe('completed')
  expect(chat.texts()).toEqual(['oi', 'Olá'])
  expect(hub.posted.at(-1)).toMatchObject({ type: 'leave' })
})

test('when the answer is cut before the hub has the reply, the hub is asked again, and says how it is', async () => {
  await using handed = await handOver()
  const { chat, writer, tell, hub } = handed
  tell({ state: 'asking' })
  writer.write(2, [OLA]).cut()
  await expect
    .poll(() => hub.posted.at(-1))
    .toMatchObject({ type: 'follow', position: { runId: 'r1', seq: 2 } })
  tell({ state: 'lost' })
  expect(chat.current().run?.connected).toBe(false)
  tell({ state: 'live' })
  expect(chat.current().run?.connected).toBe(true)
  tell({ frames: REST })
  expect(chat.current().lastEnd).toBe('completed')
})

test('tabs that elect a leader read a run once, also after the leader has gone', async () => {
  const timers = createManualTimers()
  const server = createRunServer(['r0'], 5)
  const openTab = () => {
    const browser = { ...createTestBrowser({ fetch: server.fetch }), timers }
    const shared = createSharedStreams(browser, [leaderLink(browser, false)])
    const texts: string[] = []
    const stop = shared.start()
    shared.follow({
      from: { runId: 'r0', seq: 1 },
      onEvents: events => texts.push(...events.filter(isDelta).map(({ content }) => content)),
      onConnection: () => {},
      onDone: () => {},
    })
    return { texts, stop }
  }
  const first = openTab()
  await expect.poll(server.open).toBe(1)
  const second = openTab()
  server.grow('r0')
  await expect.poll(() => [first.texts, second.texts]).toEqual([[' r0-0'], [' r0-0']])
  expect(server.requests.length).toBe(1)
  first.stop()
  await expect.poll(() => server.requests.length).toBe(2)
  server.grow('r0')
  await expect.poll(() => second.texts).toEqual([' r0-0', ' r0-1'])
  expect(server.most()).toBe(1)
  second.stop()
  expect(server.open()).toBe(0)
})

test('a leader that loses the lead follows the one who took it', async () => {
  const timers = createManualTimers()
  const server = createRunServer(['r0'], 5)
  const openTab = (steal: boolean) => {
    const browser = { ...createTestBrowser({ fetch: server.fetch }), timers }
    const shared = createSharedStreams(browser, [leaderLink(browser, steal)])
    let seen = 0
    const stop = shared.start()
    shared.follow({
      from: { runId: 'r0', seq: 1 },
      onEvents: events => {
        seen += events.length
      },
      onConnection: () => {},
      onDone: () => {},
    })
    return { seen: () => seen, stop }
  }
  const first = openTab(false)
  await expect.poll(server.open).toBe(1)
  const second = openTab(true)
  await expect.poll(() => server.requests.length).toBe(2)
  server.grow('r0')
  await expect.poll(() => [first.seen(), second.seen()]).toEqual([1, 1])
  expect(server.open()).toBe(1)
  first.stop()
  second.stop()
})

test('a leader that does not answer loses the lead to who takes it', async () => {
  const timers = createManualTimers()
  const server = createRunServer(['r0'], 5)
  const held = Promise.withResolvers<void>()
  const lost = navigator.locks.request(HUB_NAME, () => held.promise).catch(() => 'lost')
  const browser = { ...createTestBrowser({ fetch: server.fetch }), timers }
  const shared = createSharedStreams(browser, [leaderLink(browser, false), leaderLink(browser, true)])
  const stop = shared.start()
  shared.follow({
    from: { runId: 'r0', seq: 1 },
    onEvents: () => {},
    onConnection: () => {},
    onDone: () => {},
  })
  await timers.advance(3_000)
  expect(await lost).toBe('lost')
  await expect.poll(server.open).toBe(1)
  stop()
})

test.each(['locks', 'channels'])(
  'a tab that is refused %s reads for itself, and asks no more for them',
  async what => {
    let refusals = 0
    class Refusing {
      constructor() {
        refusals++
        throw new DOMException('denied', 'SecurityError')
      }
    }
    const request = () => new Promise(setImmediate).then(() => new Refusing())
    if (what === 'locks') vi.stubGlobal('navigator', { locks: { request } })
    else vi.stubGlobal('BroadcastChannel', Refusing)
    const browser = createTestBrowser({ fetch: async () => new Response() })
    const { server, follow, stop } = setUp([leaderLink(browser, false), leaderLink(browser, true)])
    follow()
    await expect.poll(server.open).toBe(1)
    expect(refusals).toBe(2)
    stop()
  },
)
