import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { Part } from '../../src/protocol/parts.ts'
import { partsOfFrames, type TestClient, type TestStream } from '../harness/client.ts'
import { mount } from '../harness/mountedApp.ts'
import { type ProtectedServer, startProtectedServer } from '../harness/protectedToolServer.ts'
import { throughForms } from '../harness/signInAtIssuer.ts'
import { readRows } from '../harness/testDatabase.ts'

type Call = Extract<Part, { type: 'tool' }>

function callsOf(stream: TestStream) {
  return partsOfFrames(stream.frames).filter((part): part is Call => part.type === 'tool')
}

/** A server whose tool says who it thinks asks. */
const startCalendar = (options = {}) =>
  startProtectedServer((server, { person }) => {
    server.registerTool('whoami', { description: 'Says who asks.' }, () => ({
      content: [{ type: 'text', text: `you are ${person}` }],
    }))
  }, options)

const openApp = ({ url }: ProtectedServer) =>
  mount({ mcp: { calendar: { url, signin: true, approve: 'never' } } })

type App = Awaited<ReturnType<typeof openApp>>

/** Lets a model ask for a sign-in. */
async function askToSignIn(app: App, client: TestClient) {
  app.upstream.replyOnce({ calls: [{ name: 'calendar__sign_in', arguments: '{}' }] })
  const stream = await client.send({ content: 'O que tenho hoje?' })
  expect(await stream.end()).toMatchObject({ status: 'paused' })
  const [call] = callsOf(stream)
  const [question] = call?.questions ?? []
  if (!question) throw new Error('no question')
  await stream[Symbol.asyncDispose]()
  return { runId: stream.start.runId, questionId: question.questionId, call, start: stream.start }
}

type Asked = { runId: string; questionId: string }

/** Begins the sign-in that a question asks for. Gives the address at the issuer. */
async function begin(client: TestClient, { runId, questionId }: Asked): Promise<string> {
  const answer = await client.post(`/api/chat/runs/${runId}/questions/${questionId}/sign-in`)
  expect(answer.status, answer.text).toBe(200)
  return JSON.parse(answer.text).url
}

/** Signs in at the issuer as a browser does. Gives the path at which the browser comes back. */
async function comeBack(client: TestClient, url: string, login: string): Promise<string> {
  const { pathname, search } = new URL(await throughForms(url, login, client.url))
  return pathname + search
}

function accept(client: TestClient, { runId, questionId }: Asked) {
  return client.decide(runId, {
    clientRunId: randomUUID(),
    answers: [{ questionId, action: 'accept' }],
  })
}

async function signIn(client: TestClient, asked: Asked, login: string) {
  const answer = await client.get(await comeBack(client, await begin(client, asked), login))
  expect(answer.status, answer.text).toBe(200)
  return answer
}

test('a person signs in at a server, and the reply goes on with the tools of that person', async () => {
  await using server = await startCalendar()
  await using app = await openApp(server)
  const [ana, bruno] = [app.client(), app.client()]
  for (const [client, login] of [
    [ana, 'ana'],
    [bruno, 'bruno'],
  ] as const) {
    const asked = await askToSignIn(app, client)
    expect(asked.call).toMatchObject({ server: 'calendar', status: 'waiting' })
    expect(asked.call?.questions).toMatchObject([{ mode: 'sign-in' }])
    const page = await signIn(client, asked, login)
    expect(page.text).toContain('calendar')
    app.upstream.replyOnce({ calls: [{ name: 'calendar__whoami', arguments: '{}' }] })
    app.upstream.replyOnce({ tokens: ['Pronto.'] })
    await using rest = await accept(client, asked)
    expect(await rest.end()).toMatchObject({ status: 'completed' })
    expect(callsOf(rest)).toMatchObject([
      { tool: 'calendar__sign_in', status: 'completed', questions: [{ action: 'accept' }] },
      { tool: 'calendar__whoami', status: 'completed', content: `you are ${login}` },
    ])
  }
}, 60_000)

/** Lets a person sign in and use the tool once. */
async function signedIn(app: App, client: TestClient, login = 'ana') {
  const asked = await askToSignIn(app, client)
  await signIn(client, asked, login)
  app.upstream.replyOnce({ tokens: ['Pronto.'] })
  await using rest = await accept(client, asked)
  await rest.end()
  return asked
}

/** Lets the model call the tool. */
async function callTool(app: App, client: TestClient, { pauses = false } = {}) {
  app.upstream.replyOnce({ calls: [{ name: 'calendar__whoami', arguments: '{}' }] })
  if (!pauses) app.upstream.replyOnce({ tokens: ['Pronto.'] })
  const stream = await client.send({ content: 'Quem sou?' })
  await stream.end()
  await stream[Symbol.asyncDispose]()
  return { call: callsOf(stream)[0], runId: stream.start.runId }
}

const listOf = async (client: TestClient) =>
  JSON.parse((await client.get('/api/chat/tool-servers')).text).servers

test('a person who does not sign in is told to the model, and the reply goes on', async () => {
  await using server = await startCalendar()
  await using app = await openApp(server)
  const client = app.client()
  const { runId, questionId } = await askToSignIn(app, client)
  app.upstream.replyOnce({ tokens: ['Está bem.'] })
  await using rest = await client.decide(runId, { answers: [{ questionId, action: 'decline' }] })
  expect(await rest.end()).toMatchObject({ status: 'completed' })
  expect(callsOf(rest)).toMatchObject([
    { status: 'denied', content: expect.stringContaining('did not sign in') },
  ])
  expect(await listOf(client)).toEqual([{ name: 'calendar', signedInAt: null }])
}, 60_000)

test('whoever has accepted without signing in is asked again', async () => {
  await using server = await startCalendar()
  await using app = await openApp(server)
  const client = app.client()
  const asked = await askToSignIn(app, client)
  await using again = await accept(client, asked)
  expect(await again.end()).toMatchObject({ status: 'paused' })
  expect(callsOf(again)[0]?.questions).toMatchObject([{ action: 'accept' }, { mode: 'sign-in' }])
}, 60_000)

test('the answer of an issuer is taken once, and only from the browser that began', async () => {
  await using server = await startCalendar()
  await using app = await openApp(server)
  const [client, stranger] = [app.client(), app.client()]
  const asked = await askToSignIn(app, client)
  await stranger.get('/api/chat/conversations')
  const path = `/api/chat/runs/${asked.runId}/questions/${asked.questionId}/sign-in`
  const begunByStranger = await stranger.post(path)
  expect([begunByStranger.status, begunByStranger.body.code]).toEqual([404, 'NOT_FOUND'])
  const back = await comeBack(client, await begin(client, asked), 'ana')
  const unknown = await stranger.get('/api/chat/tool-servers/callback?state=x&code=x')
  expect([unknown.status, unknown.text]).toEqual([404, expect.stringContaining('Este acesso já terminou')])
  for (const other of [stranger, app.client()]) {
    const refused = await other.get(back)
    expect([refused.status, refused.text]).toEqual([404, unknown.text])
  }
  expect(await listOf(stranger)).toEqual([{ name: 'calendar', signedInAt: null }])
  expect((await client.get(back)).status).toBe(200)
  expect(await listOf(client)).toEqual([{ name: 'calendar', signedInAt: expect.any(Number) }])
  expect((await client.get(back)).status).toBe(404)
  const bearer = await client.post(path, undefined, { authorization: 'Bearer x' })
  expect([bearer.status, bearer.body.code]).toEqual([403, 'FORBIDDEN'])
  const second = await client.get(
    `${back.replace(/state=[^&]+/, '')}&state=${new URL(await begin(client, asked)).searchParams.get('state')}`,
  )
  expect([second.status, second.text.includes('Você não entrou')]).toEqual([401, true])
}, 60_000)

test('an answer that repeats a parameter ends in a page for a person, and takes no sign-in', async () => {
  await using server = await startCalendar()
  await using app = await openApp(server)
  const client = app.client()
  const asked = await askToSignIn(app, client)
  const back = await comeBack(client, await begin(client, asked), 'ana')
  for (const repeated of [`${back}&code=x`, `${back}&state=x`, `${back}&foo=1&foo=2`]) {
    const { status, text } = await client.get(repeated)
    expect([status, text]).toEqual([400, expect.stringContaining('<h1>Você não entrou</h1>')])
  }
  expect((await client.get(back)).status).toBe(200)
  const account = await client.get('/api/chat/account/issuers/casa/callback?state=x&state=y')
  expect([account.status, account.headers['location']]).toEqual([302, '/account#failed=SIGN_IN_FAILED'])
}, 60_000)

test('tokens are renewed without a word, and a person is asked once they cannot be', async () => {
  await using server = await startCalendar()
  await using app = await openApp(server)
  const client = app.client()
  await signedIn(app, client)
  const { provider, asked } = server.issuer
  const first = server.tokens.at(-1) ?? ''
  await (await provider.AccessToken.find(first))?.destroy()
  expect((await callTool(app, client)).call).toMatchObject({ status: 'completed', content: 'you are ana' })
  expect(server.tokens.at(-1)).not.toBe(first)

  // Everything that the person had granted is taken back there.
  const last = await provider.AccessToken.find(server.tokens.at(-1) ?? '')
  await (await provider.Grant.find(last?.grantId ?? ''))?.destroy()
  await last?.destroy()
  const asking = await callTool(app, client, { pauses: true })
  expect(asking.call).toMatchObject({ tool: 'calendar__whoami', status: 'waiting', attempt: 1 })
  const [question] = asking.call?.questions ?? []
  const again = { runId: asking.runId, questionId: question?.questionId ?? '' }
  await signIn(client, again, 'ana')
  app.upstream.replyOnce({ tokens: ['Pronto.'] })
  await using rest = await accept(client, again)
  expect(await rest.end()).toMatchObject({ status: 'completed' })
  expect(callsOf(rest)).toMatchObject([{ status: 'completed', attempt: 2, content: 'you are ana' }])
  expect(asked.filter(each => each === 'POST /reg')).toHaveLength(1)
}, 60_000)

test('what may widen the rights of a person asks the person', async () => {
  await using server = await startProtectedServer((own, { authInfo }) => {
    own.registerTool('write', { description: 'Writes.' }, () => ({
      content: [{ type: 'text', text: `granted ${authInfo?.scopes.join(' ')}` }],
    }))
  })
  await using app = await openApp(server)
  const client = app.client()
  await signedIn(app, client)
  server.needs(['read', 'write'])
  app.upstream.replyOnce({ calls: [{ name: 'calendar__write', arguments: '{}' }] })
  await using stream = await client.send({ content: 'Escreva' })
  expect(await stream.end()).toMatchObject({ status: 'paused' })
  const asked = {
    runId: stream.start.runId,
    questionId: callsOf(stream)[0]?.questions?.[0]?.questionId ?? '',
  }
  const url = await begin(client, asked)
  expect(new URL(url).searchParams.get('scope')?.split(' ')).toEqual(
    expect.arrayContaining(['read', 'write']),
  )
  expect((await client.get(await comeBack(client, url, 'ana'))).status).toBe(200)
  app.upstream.replyOnce({ tokens: ['Pronto.'] })
  await using rest = await accept(client, asked)
  await rest.end()
  expect(callsOf(rest)[0]?.content).toContain('write')
}, 60_000)

test('a person signs out, and what is erased leaves nothing', async () => {
  await using server = await startCalendar()
  await using app = await openApp(server)
  const client = app.client()
  await signedIn(app, client)
  expect((await client.call('DELETE', '/api/chat/tool-servers/calendar/sign-in')).status).toBe(204)
  expect((await client.call('DELETE', '/api/chat/tool-servers/calendar/sign-in')).status).toBe(404)
  expect(await listOf(client)).toEqual([{ name: 'calendar', signedInAt: null }])
  const { call } = await callTool(app, client, { pauses: true })
  expect(call).toMatchObject({ status: 'waiting', questions: [{ mode: 'sign-in' }] })

  const other = app.client()
  const asked = await askToSignIn(app, other)
  await begin(other, asked)
  await signIn(other, asked, 'bruno')
  const stored = 'select owner_id from tool_tokens union all select owner_id from tool_sign_ins'
  const rows = () => readRows(`file:${app.databaseFile}`, stored, [])
  expect(rows()).toHaveLength(2)
  expect((await other.call('DELETE', '/api/chat/owner')).status).toBe(204)
  expect(rows()).toEqual([])
}, 60_000)

test('whoever signs out or is erased has no tokens at the issuer either', async () => {
  await using server = await startCalendar()
  await using app = await openApp(server)
  const { provider } = server.issuer
  const client = app.client()
  const isGood = async () => (await provider.AccessToken.find(server.tokens.at(-1) ?? '')) !== undefined
  await signedIn(app, client)
  expect(await isGood()).toBe(true)
  expect((await client.call('DELETE', '/api/chat/tool-servers/calendar/sign-in')).status).toBe(204)
  await expect.poll(isGood).toBe(false)

  const other = app.client()
  await signedIn(app, other)
  expect(await isGood()).toBe(true)
  expect((await other.call('DELETE', '/api/chat/owner')).status).toBe(204)
  await expect.poll(isGood).toBe(false)
}, 60_000)

test('an issuer that does not answer holds up no sign-out', async () => {
  await using server = await startCalendar()
  await using app = await openApp(server)
  const client = app.client()
  await signedIn(app, client)
  const asked = Promise.withResolvers<void>()
  const { promise: held, resolve: answer } = Promise.withResolvers<void>()
  server.issuer.before = () => {
    asked.resolve()
    return held
  }
  expect((await client.call('DELETE', '/api/chat/tool-servers/calendar/sign-in')).status).toBe(204)
  await asked.promise
  expect(await listOf(client)).toEqual([{ name: 'calendar', signedInAt: null }])
  answer()
}, 60_000)

test('tokens are in no file of the database, no log, no answer, no export and no request to the model', async () => {
  const lines: string[] = []
  const sink = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk))
      done()
    },
  })
  await using server = await startProtectedServer((own, { authInfo }) => {
    own.registerTool('whoami', { description: `Token ${authInfo?.token}` }, () => ({
      content: [{ type: 'text', text: `Your token is ${authInfo?.token}` }],
    }))
  })
  await using app = await mount({
    mcp: { calendar: { url: server.url, signin: true, approve: 'never' } },
    logger: pino({ level: 'trace' }, sink),
  })
  const client = app.client()
  const asked = await signedIn(app, client)
  const { call } = await callTool(app, client)
  expect(call?.content).toBe('Your token is [secret]')
  const exported = await client.get('/api/chat/export')
  const listed = await client.get('/api/chat/tool-servers')
  const conversation = await client.get(`/api/chat/conversations/${asked.start.conversationId}`)
  const requests = await Promise.all([0, 1, 2, 3].map(at => app.upstream.request(at)))
  const files = ['', '-wal'].map(end => readFileSync(app.databaseFile + end).toString('latin1'))
  const everywhere = [
    ...files,
    ...lines,
    exported.text,
    listed.text,
    conversation.text,
    ...requests.map(({ body }) => JSON.stringify(body)),
  ].join('\n')
  expect(everywhere).toContain('calendar__whoami')
  expect(server.tokens.length).toBeGreaterThan(0)
  for (const token of server.tokens) expect(everywhere).not.toContain(token)
}, 60_000)

test('issuers read over https what this installation is', async () => {
  await using server = await startCalendar()
  await using app = await mount({
    mcp: { calendar: { url: server.url, signin: true } },
    settings: { TITLES: 'words', PUBLIC_URL: 'https://chat.example' },
  })
  const { status, text } = await app.client().get('/api/chat/tool-servers/client')
  expect([status, JSON.parse(text)]).toEqual([
    200,
    {
      client_id: 'https://chat.example/api/chat/tool-servers/client',
      client_name: 'Riacho',
      redirect_uris: ['https://chat.example/api/chat/tool-servers/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'web',
    },
  ])
  await using plain = await openApp(server)
  expect((await plain.client().get('/api/chat/tool-servers/client')).status).toBe(404)
}, 60_000)

test('an issuer that cannot be reached begins nothing', async () => {
  await using server = await startCalendar()
  await using app = await openApp(server)
  const client = app.client()
  const asked = await askToSignIn(app, client)
  await server.issuer[Symbol.asyncDispose]()
  const answer = await client.post(`/api/chat/runs/${asked.runId}/questions/${asked.questionId}/sign-in`)
  expect([answer.status, answer.body.code]).toEqual([502, 'ISSUER_UNAVAILABLE'])
}, 60_000)
