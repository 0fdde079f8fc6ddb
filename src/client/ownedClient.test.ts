import { expect, test } from 'vitest'
import type { Browser } from './browser.ts'
import { branchOf } from './chat/branches/branch.ts'
import { currentOf } from './chat/chatState.ts'
import { createTabStorage, within } from './chat/composing/tabStorage.ts'
import { createOwnedClient, type OwnedClientOptions } from './ownedClient.ts'
import { ownerOfToken, scopeOf } from './ownerScope.ts'
import type { Call } from './testing/scriptedServer.ts'
import { conversation, serve } from './testing/startChat.ts'
import { createTestBrowser } from './testing/testBrowser.ts'

/** A token as a server would sign it; only its middle says anything here. */
function tokenOf(sub: string): string {
  return `e30.${Buffer.from(JSON.stringify({ sub })).toString('base64url')}.sig`
}

function ownerOf({ headers }: Call): string {
  return ownerOfToken(headers.authorization?.slice('Bearer '.length) ?? '') ?? 'nobody'
}

/** One list of conversations for each owner. */
const lists = (call: Call) =>
  call.json(200, { conversations: [conversation(ownerOf(call)).conversation], nextCursor: null })

/** One tab of one browser, which keeps for each owner what that owner wrote. */
function tabOver(fetch: Browser['fetch'], token: OwnedClientOptions['token']): OwnedClientOptions {
  const browser = createTestBrowser({ fetch })
  const session = createTestBrowser({ fetch }).localStorage
  const browserOf: OwnedClientOptions['browserOf'] = (owner, isKept) => {
    if (!isKept) return createTestBrowser({ fetch })
    const scope = scopeOf('', owner)
    const shared = within(browser.localStorage, scope)
    const locks = () => browser.locks
    const createId = () => crypto.randomUUID()
    const tabStorage = createTabStorage({ session: within(session, scope), shared, locks, createId })
    return { ...createTestBrowser({ fetch }), localStorage: shared, tabStorage }
  }
  return { token, owner: undefined, browserOf, linksOf: () => [] }
}

const LIST = 'GET /api/chat/conversations?limit=30'

test('each request carries the present token, and no cookies', async () => {
  await using server = await serve({ [LIST]: lists })
  const inits: RequestInit[] = []
  const fetch: Browser['fetch'] = (path, init) => {
    inits.push(init)
    return server.fetch(path, init)
  }
  let version = 0
  const options = tabOver(fetch, async () => `${tokenOf('ana')}${version++}`)
  const client = createOwnedClient(options)
  const stop = client.start()
  await expect.poll(() => client.getState().list.status).toBe('ready')
  stop()
  expect(inits.every(({ credentials }) => credentials === 'omit')).toBe(true)
  const tokens = server.calls.map(({ headers }) => headers.authorization)
  expect(new Set(tokens).size).toBe(tokens.length)
})

test('a token of somebody else shows nothing of the person before, and brings it back to that person', async () => {
  const isAna = (call: Call) => ownerOf(call) === '[null,"ana"]'
  await using server = await serve({
    [LIST]: lists,
    'GET /api/chat/search?query=segredo&limit=20': call => {
      call.json(200, {
        conversations: [conversation(ownerOf(call)).conversation],
        hits: [],
        nextCursor: null,
      })
    },
    'POST /api/chat/send': call => (isAna(call) ? call.response.destroy() : call.refuse(404, 'NOT_FOUND')),
  })
  let token = tokenOf('ana')
  const options = tabOver(server.fetch, () => token)
  const client = createOwnedClient(options)
  const stop = client.start()
  const current = () => currentOf(client.getState())
  await expect.poll(() => client.getState().list.conversations.map(({ id }) => id)).toEqual(['[null,"ana"]'])
  client.send('segredo')
  await expect.poll(() => current().outgoing?.waiting).toBe(true)
  client.setDraft('rascunho da Ana')
  const search = client.createSearch()
  search.ask('segredo')
  await expect.poll(() => search.getState().conversations.length).toBe(1)

  token = tokenOf('bia')
  client.refresh()
  await expect.poll(() => client.getState().list.conversations.map(({ id }) => id)).toEqual(['[null,"bia"]'])
  expect(current()).toMatchObject({ draft: '', outgoing: null, queue: [], messages: [] })
  expect(branchOf(current())).toEqual([])
  expect(search.getState()).toMatchObject({ status: 'idle', conversations: [] })
  const sent = server.calls.filter(({ name }) => name === 'POST /api/chat/send')
  expect(new Set(sent.map(ownerOf))).toEqual(new Set(['[null,"ana"]']))
  client.setDraft('rascunho da Bia')

  token = tokenOf('ana')
  client.refresh()
  await expect.poll(() => current().outgoing?.content).toBe('segredo')
  client.open(null)
  expect(current().draft).toBe('rascunho da Ana')
  stop()
})

test('a token without a name stands for somebody new each time, and nothing of it is kept', async () => {
  await using server = await serve({ [LIST]: lists })
  let token = 'opaque-1'
  const options = tabOver(server.fetch, () => token)
  const client = createOwnedClient(options)
  const stop = client.start()
  await expect.poll(() => client.getState().list.status).toBe('ready')
  client.setDraft('de um')
  token = 'opaque-2'
  client.refresh()
  await expect.poll(() => currentOf(client.getState()).draft).toBe('')
  stop()
})

test('with nobody signed in nothing is sent; what is typed before the first token is known stays', async () => {
  await using server = await serve({ [LIST]: lists, 'POST /api/chat/send': call => call.response.destroy() })
  const answered = Promise.withResolvers<string | null>()
  let token: () => Promise<string | null> | string | null = () => answered.promise
  const options = tabOver(server.fetch, () => token())
  const client = createOwnedClient(options)
  const stop = client.start()
  client.setDraft('já escrito')
  client.send()
  expect(currentOf(client.getState()).draft).toBe('já escrito')
  answered.resolve(tokenOf('ana'))
  await expect.poll(() => currentOf(client.getState()).outgoing?.content).toBe('já escrito')
  token = () => null
  client.refresh()
  await expect.poll(() => client.getState().list.status).toBe('failed')
  expect(currentOf(client.getState())).toMatchObject({ draft: '', outgoing: null })
  client.send('de ninguém')
  await expect.poll(() => client.getState().notice).toBe('UNAUTHENTICATED')
  expect(new Set(server.calls.map(ownerOf))).toEqual(new Set(['[null,"ana"]']))
  stop()
})

test('after a 401 the token is asked for again, and the request repeated once', async () => {
  let isExpired = true
  await using server = await serve({
    [LIST]: call => {
      if (!call.headers.authorization?.endsWith('-old')) return lists(call)
      isExpired = false
      call.refuse(401, 'UNAUTHENTICATED')
    },
  })
  const options = tabOver(server.fetch, () => `${tokenOf('ana')}${isExpired ? '-old' : '-new'}`)
  const client = createOwnedClient(options)
  const statuses = new Set<string>()
  client.subscribe(() => statuses.add(client.getState().list.status))
  const stop = client.start()
  await expect.poll(() => client.getState().list.status).toBe('ready')
  stop()
  expect(statuses).not.toContain('failed')
  expect(server.calls.filter(({ name }) => name === LIST)).toHaveLength(2)
})
