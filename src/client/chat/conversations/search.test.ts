import { expect, test } from 'vitest'
import type { SearchHit } from '../../../protocol/responses.ts'
import { type Call, startScriptedServer } from '../../testing/scriptedServer.ts'
import { serve } from '../../testing/startChat.ts'
import { createTestBrowser, createTestTimers } from '../../testing/testBrowser.ts'
import { createSearch, groupHits } from './search.ts'

const path = (query: string, limit = 20) => `GET /api/chat/search?query=${query}&limit=${limit}`

test('typing on asks the server once, after a pause', async () => {
  await using server = await serve({ [path('rio')]: answer('rio') })
  const timers = createTestTimers({ holdAll: true })
  const search = createSearch(createTestBrowser({ fetch: server.fetch, timers }))
  for (const query of ['r', 'ri', 'rio', 'rio']) search.ask(query)
  expect(search.getState()).toMatchObject({ query: 'rio', status: 'searching', hits: [] })
  timers.fire()
  await expect.poll(() => search.getState().status).toBe('ready')
  expect(server.calls.map(({ name }) => name)).toEqual([path('rio')])
  expect(search.getState().hits.map(({ messageId }) => messageId)).toEqual(['rio'])
})

test('the newest query wins, though an older one is answered later', async () => {
  let late: Call | undefined
  await using server = await serve({
    [path('a')]: call => {
      late = call
    },
    [path('b')]: answer('b'),
  })
  const search = createSearch(createTestBrowser({ fetch: server.fetch }))
  search.ask('a')
  await expect.poll(() => late).toBeDefined()
  search.ask('b')
  await expect.poll(() => search.getState().status).toBe('ready')
  if (late) answer('a')(late)
  search.ask('')
  expect(search.getState()).toMatchObject({ status: 'idle', hits: [] })
})

test('more hits come below the first ones', async () => {
  await using server = await serve({
    [path('a')]: call => call.json(200, { conversations: [], hits: [hit('1')], nextCursor: 'n/1' }),
    [`${path('a')}&cursor=n%2F1`]: call =>
      call.json(200, { conversations: [], hits: [hit('2')], nextCursor: null }),
  })
  const search = createSearch(createTestBrowser({ fetch: server.fetch }))
  search.ask('a')
  await expect.poll(() => search.getState().nextCursor).toBe('n/1')
  search.more()
  search.more()
  await expect.poll(() => search.getState().hits.length).toBe(2)
  expect(search.getState()).toMatchObject({ nextCursor: null, isLoadingMore: false })
  expect(server.calls.length).toBe(2)
})

test('a search that failed says so, and can be asked again', async () => {
  let isAway = true
  await using server = await serve({
    [path('a')]: call => (isAway ? call.refuse(503, 'STORAGE_UNAVAILABLE') : answer('a')(call)),
  })
  const search = createSearch(createTestBrowser({ fetch: server.fetch }))
  search.ask('a')
  await expect
    .poll(() => search.getState())
    .toMatchObject({ status: 'failed', failure: 'STORAGE_UNAVAILABLE' })
  isAway = false
  search.again()
  await expect.poll(() => search.getState().status).toBe('ready')
})

test('what is shown is read again in silence, as far as it was shown', async () => {
  const hits = Array.from({ length: 30 }, (_, index) => hit(String(index)))
  let left = hits
  await using server = await serve({
    [path('a')]: call => call.json(200, { conversations: [], hits: left.slice(0, 20), nextCursor: 'n' }),
    [`${path('a')}&cursor=n`]: call =>
      call.json(200, { conversations: [], hits: left.slice(20), nextCursor: null }),
    [path('a', 30)]: call => call.json(200, { conversations: [], hits: left, nextCursor: null }),
  })
  const search = createSearch(createTestBrowser({ fetch: server.fetch }))
  search.refresh()
  search.ask('a')
  await expect.poll(() => search.getState().status).toBe('ready')
  search.more()
  await expect.poll(() => search.getState().hits.length).toBe(30)
  left = hits.slice(1)
  const statuses = new Set<string>()
  search.subscribe(() => statuses.add(search.getState().status))
  search.refresh()
  search.refresh()
  await expect.poll(() => search.getState().hits.length).toBe(29)
  expect([...statuses]).toEqual(['ready'])
  expect(server.calls.length).toBe(3)
})

/** A server with many hits, as a search through them shows them. The cursor is the number of hits before it. */
async function searchThrough(found: SearchHit[]) {
  const server = await startScriptedServer(call => {
    const { searchParams } = new URL(call.name.replace('GET ', ''), 'http://localhost')
    const [from, limit] = ['cursor', 'limit'].map(name => Number(searchParams.get(name) ?? 0)) as [
      number,
      number,
    ]
    const nextCursor = from + limit < found.length ? String(from + limit) : null
    call.json(200, { conversations: [], hits: found.slice(from, from + limit), nextCursor })
  })
  const timers = createTestTimers()
  const search = createSearch(createTestBrowser({ fetch: server.fetch, timers }))
  const shown = () => search.getState().hits.length
  const showMore = async (count: number) => {
    search.more()
    await expect.poll(shown).toBe(count)
  }
  search.ask('a')
  await expect.poll(shown).toBe(20)
  return { search, server, showMore, shown, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const manyHits = (count: number) => Array.from({ length: count }, (_, index) => hit(String(index)))

test('all that is shown is read again, however much it is, and nothing more', async () => {
  const found = manyHits(120)
  await using world = await searchThrough(found)
  const { search, server, showMore, shown } = world
  for (const count of [40, 60, 80, 100]) await showMore(count)
  const counts = new Set<number>()
  search.subscribe(() => counts.add(shown()))
  found.splice(70, 1)
  const asked = server.calls.length
  search.refresh()
  await expect.poll(() => search.getState().hits.at(-1)?.messageId).toBe('100')
  expect([...counts]).toEqual([100])
  expect(server.calls.length - asked).toBe(2)
  expect(search.getState().nextCursor).toBe('100')
})

test('hits that are being fetched come, though what is shown is to be read again', async () => {
  await using world = await searchThrough(manyHits(70))
  const { search, server, shown } = world
  search.more()
  search.refresh()
  await expect.poll(shown).toBe(40)
  await expect.poll(() => server.calls.length).toBe(3)
  search.refresh()
  search.more()
  await expect.poll(shown).toBe(60)
  await expect.poll(() => server.calls.at(-1)?.name).toMatch(/limit=10&cursor=50$/)
  await expect.poll(shown).toBe(60)
})

test('hits are grouped by conversation, in the order of their first ones', () => {
  const hits = [hit('1', 'x'), hit('2', 'y'), hit('3', 'x')]
  const ids = groupHits(hits).map(group => [group.conversationId, ...group.hits.map(each => each.messageId)])
  expect(ids).toEqual([
    ['x', '1', '3'],
    ['y', '2'],
  ])
})

function answer(messageId: string) {
  return (call: Call) => call.json(200, { conversations: [], hits: [hit(messageId)], nextCursor: null })
}

function hit(messageId: string, conversationId = 'c1'): SearchHit {
  const excerpt = [{ text: 'rio', isMatch: true }]
  return { conversationId, title: 'Rios', archived: false, messageId, role: 'USER', excerpt, createdAt: 1 }
}
