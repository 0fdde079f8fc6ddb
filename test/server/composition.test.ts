import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { type OpenedRiacho, openRiacho } from '../../src/openRiacho.ts'
import { type Answer, headersOf, type ResponseStream } from '../../src/server/http/answer.ts'
import { answerRequest, decideCaller, type Incoming } from '../../src/server/http/answerRequest.ts'
import type { Route } from '../../src/server/http/defineRoute.ts'
import type { Subscription } from '../../src/server/log/followLog.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { silentLogger } from '../harness/log.ts'

const ASSISTANT = {
  id: 'riacho',
  name: { 'pt-BR': 'Riacho', en: 'Riacho', es: 'Riacho' },
  model: 'any',
  instructions: 'Be kind.',
}

/** Riacho, composed as a host does it: from options, without an environment, a server or a port. */
async function composeRiacho() {
  const folder = await temporaryFolder()
  const riacho = await openRiacho({
    database: { url: 'file:', file: join(folder.path, 'riacho.db') },
    assistants: [ASSISTANT],
    titles: 'words',
    temporaryHours: 24,
    prices: { models: [], currency: 'USD' },
    maxAttempts: 1,
    ownerQuotaBytes: 0,
    maxReplyLength: 2_000_000,
    commitWindowMs: 5,
    logDurability: 'process',
    logRetentionHours: 1,
    publicUrls: [],
    corsOrigins: [],
    rateLimitPerMinute: 0,
    logger: silentLogger,
  })
  return {
    routes: riacho.api.routes,
    visitor: () => createVisitor(riacho),
    async [Symbol.asyncDispose]() {
      await riacho.drain(0)
      await riacho.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

interface Asked {
  method: Route['method']
  path: string
  query?: object
  body?: unknown
}

/** A visitor that calls routes as an adapter does, and keeps its cookie. */
function createVisitor({ api }: OpenedRiacho) {
  const visitor = {
    cookie: undefined as string | undefined,
    async ask({ method, path, query = {}, body }: Asked): Promise<Answer> {
      const route = api.routes.find(route => route.method === method && paramsOf(route, path))
      if (!route) throw new Error(`no route for ${method} ${path}`)
      const facts = {
        method,
        path,
        basePath: '',
        protocol: 'http',
        host: 'localhost',
        cookies: { riacho_session: visitor.cookie },
        header: (name: string) => (name === 'accept-language' ? 'en' : undefined),
        webRequest: () => new Request('http://localhost/'),
      }
      const decision = await decideCaller(route, facts, api.callers)
      const incoming: Incoming = {
        facts,
        params: paramsOf(route, path),
        query,
        body,
        requestId: randomUUID(),
        signal: new AbortController().signal,
        setHeaders(headers) {
          const cookie = headers['set-cookie']
          if (cookie !== undefined) visitor.cookie = /=([^;]*)/.exec(cookie)?.[1]
        },
      }
      return answerRequest(route, incoming, { decision, callers: api.callers })
    },
    async json(asked: Asked) {
      const answer = await visitor.ask(asked)
      if (answer.type === 'json') return JSON.parse(JSON.stringify(answer.body))
      if (answer.type !== 'content' || typeof answer.content !== 'string')
        throw new Error(`an answer of ${answer.type}`)
      return JSON.parse(answer.content)
    },
  }
  return visitor
}

function paramsOf({ path: pattern }: Route, path: string): Record<string, string> | undefined {
  const found = new RegExp(`^${pattern.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`).exec(path)
  return found ? { ...found.groups } : undefined
}

/** The whole text of a stream. */
async function textOf(answer: Answer): Promise<string> {
  if (answer.type !== 'stream') throw new Error(`an answer of ${answer.type}`)
  const ended = Promise.withResolvers<void>()
  const subscriptions: (Subscription | undefined)[] = []
  let text = ''
  const stream: ResponseStream = {
    isFull: false,
    isClosed: false,
    write(frames) {
      text += frames
    },
    drained: callback => callback(),
    writeEnd: (seq, { status }) => stream.write(`id: ${seq}\nevent: run-end\n${status}`),
    end(seq, end) {
      stream.writeEnd(seq, end)
      ended.resolve()
    },
    alreadyEnded: () => ended.resolve(),
    cut: () => ended.resolve(),
    finish: () => ended.resolve(),
    hold: subscription => void subscriptions.push(subscription),
  }
  await answer.follow(stream)
  await ended.promise
  for (const subscription of subscriptions) subscription?.unsubscribe()
  return text
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

async function closedRoutes(): Promise<WeakRef<object>> {
  await using riacho = await composeRiacho()
  return new WeakRef(riacho.routes)
}

test('nothing of a closed Riacho stays in memory', async () => {
  const closed = [await closedRoutes(), await closedRoutes()]
  const left = () => {
    collectGarbage()
    return closed.filter(routes => routes.deref())
  }
  await expect.poll(left).toEqual([])
})

test('routes can be called without a server: a reply, its replay, and a stranger', async () => {
  await using riacho = await composeRiacho()
  const visitor = riacho.visitor()
  const sent = await visitor.ask({ method: 'POST', path: '/api/chat/send', body: { content: 'Oi' } })
  const live = await textOf(sent)
  expect(live).toMatch(/^id: 1\nevent: run-start\n[\s\S]*\nevent: run-end\ncompleted$/)
  const path = (sent.type === 'stream' && sent.headers?.['location']) || ''
  const replayed = await textOf(await visitor.ask({ method: 'GET', path }))
  expect(replayed.match(/event: run-end[\s\S]*/)).toEqual(live.match(/event: run-end[\s\S]*/))
  const { conversations } = await visitor.json({ method: 'GET', path: '/api/chat/conversations' })
  expect(conversations).toHaveLength(1)
  const strangers = await riacho.visitor().json({ method: 'GET', path: '/api/chat/conversations' })
  expect(strangers.conversations).toEqual([])
})

test('an invalid request begins no visitor, and erasing removes the cookie', async () => {
  await using riacho = await composeRiacho()
  const visitor = riacho.visitor()
  const create = { method: 'POST', path: '/api/chat/conversations' } as const
  await expect(visitor.ask({ ...create, body: { name: 'x' } })).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
  })
  const feedback = `/api/chat/messages/${randomUUID()}/feedback`
  await expect(visitor.ask({ method: 'PUT', path: feedback, body: {} })).rejects.toThrow()
  expect(visitor.cookie).toBeUndefined()
  await visitor.ask({ ...create, body: {} })
  expect(visitor.cookie).toMatch(/^[\w-]{43}$/)
  expect(await visitor.ask({ method: 'DELETE', path: '/api/chat/owner' })).toMatchObject({ type: 'empty' })
  expect(visitor.cookie).toBe('')
})

test('no other route works without an owner', async () => {
  await using riacho = await composeRiacho()
  const namesOf = (access: Route['access']) =>
    riacho.routes.filter(route => route.access === access).map(({ method, path }) => `${method} ${path}`)
  expect(namesOf('anybody').sort()).toEqual([
    'GET /api/chat/assistants',
    'GET /api/chat/probe',
    'GET /api/chat/tool-servers/client',
    'GET /api/health',
    'GET /api/openapi.json',
    'GET /api/ready',
    'GET /metrics',
  ])
  const ofAccounts = /^\w+ \/api\/chat\/account(\/|$)/
  expect(
    namesOf('known')
      .filter(name => !ofAccounts.test(name))
      .sort(),
  ).toEqual([
    'DELETE /api/chat/owner',
    'DELETE /api/chat/sessions',
    'GET /api/chat/limits',
    'GET /api/chat/retention',
    'GET /api/chat/tool-servers/callback',
  ])
  expect(namesOf('guest')).toEqual(['GET /api/chat/shared/:id/files/:fileId', 'GET /api/chat/shared/:id'])
  expect(namesOf('page')).toEqual([])
})

test('every route that takes a body refuses a wrong one, and every route with an id a wrong id', async () => {
  await using riacho = await composeRiacho()
  // What administrators ask for is unknown to everybody else, whatever is wrong with it.
  for (const { method, path, params, body } of riacho.routes.filter(({ access }) => access !== 'admin')) {
    const known = path.replace(/:\w+/g, randomUUID())
    const unknown = path.replace(/:\w+/g, 'x'.repeat(100))
    const refused = { code: 'INVALID_REQUEST' }
    const ask = riacho.visitor().ask
    if (body) {
      for (const wrong of [undefined, null, [], 'x', { unknown: true }])
        await expect(ask({ method, path: known, body: wrong }), path).rejects.toMatchObject(refused)
    }
    if (params) await expect(ask({ method, path: unknown, body: {} }), path).rejects.toMatchObject(refused)
    else expect(path).not.toContain(':')
  }
})

test('a proxy may cache an answer only if the answer says so', () => {
  expect(headersOf({ type: 'json', body: {} })).toEqual({ 'cache-control': 'no-store' })
  expect(headersOf({ type: 'empty' })).toEqual({ 'cache-control': 'no-store' })
  const file = { type: 'content', mediaType: 'text/plain', content: 'x' } as const
  expect(headersOf({ ...file, saveAs: 'a.txt' })).toMatchObject({
    'cache-control': 'no-store',
    'content-type': 'text/plain',
    'content-disposition': expect.stringContaining('a.txt'),
  })
  expect(headersOf({ ...file, headers: { 'cache-control': 'no-cache' } })['cache-control']).toBe('no-cache')
})
