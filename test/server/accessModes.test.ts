import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { AuditResponse } from '../../src/protocol/admin/adminResponses.ts'
import { readEnv } from '../../src/server/config/env.ts'
import { startRiacho } from '../../src/startRiacho.ts'
import { finished, TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { silentLogger } from '../harness/log.ts'
import { openMailbox } from '../harness/mailbox.ts'
import { account, PASSWORD, told } from '../harness/person.ts'
import { CHEAP_PASSWORDS, settingsOf, startServer } from '../harness/server.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { AUDIENCE, SECRET } from '../harness/tokenHost.ts'
import { createUpstream } from '../upstream/upstream.ts'

const run = promisify(execFile)
const ANA = 'ana@example.com'

const tokenIn = (link = '') => /#(?:join|first)=([\w-]{43})$/.exec(link)?.[1] ?? ''

async function start(folder: { path: string }, settings: Record<string, string>, url?: string) {
  const env = readEnv({ ...settingsOf({ settings }, folder as never), ...(url && { DATABASE_URL: url }) })
  const riacho = await startRiacho(env, { logger: silentLogger, passwordCost: CHEAP_PASSWORDS })
  return {
    ...riacho,
    client: () => new TestClient(riacho.url),
    async [Symbol.asyncDispose]() {
      await riacho.close({ drainMs: 0 })
    },
  }
}

test('where only accounts come in, strangers get nothing, and visitors of before what is theirs', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const ask = { folder, upstream }
  let cookie: string | undefined
  let conversationId = ''
  {
    await using server = await startServer(ask)
    const client = server.client()
    conversationId = (await finished(client)).conversationId
    cookie = client.cookie
  }
  await using mailbox = await openMailbox()
  await using server = await startServer({ ...ask, settings: { ACCESS: 'accounts', ...mailbox.settings } })
  const stranger = server.client()
  for (const [method, path] of [
    ['GET', '/api/chat/conversations'],
    ['POST', '/api/chat/send'],
    ['GET', `/api/chat/conversations/${conversationId}`],
    ['GET', '/api/chat/export'],
    ['GET', '/api/chat/sessions'],
  ] as const) {
    const answer = await stranger.call(method, path, method === 'POST' ? { body: { content: 'Oi' } } : {})
    expect(told(answer), path).toEqual([401, 'SIGN_IN_REQUIRED'])
  }
  expect(stranger.cookie).toBeUndefined()
  expect((await stranger.get('/api/chat/assistants')).status).toBe(200)
  const visitor = server.client()
  visitor.cookie = cookie
  const at = `/api/chat/conversations/${conversationId}`
  expect((await visitor.get(at)).status).toBe(200)
  expect((await visitor.get('/api/chat/export')).status).toBe(200)
  expect(told(await visitor.post('/api/chat/send', { content: 'Oi' }))).toEqual([401, 'SIGN_IN_REQUIRED'])
  expect(told(await visitor.call('PATCH', at, { body: { title: 'Meu' } }))).toEqual([401, 'SIGN_IN_REQUIRED'])
  await account.post(visitor, 'sign-up-link', { email: ANA })
  expect((await account.signUp(visitor, { token: (await mailbox.mail(1)).token })).status).toBe(201)
  expect((await visitor.call('PATCH', at, { body: { title: 'Meu' } })).status).toBe(200)
  await finished(visitor, { conversationId, content: 'Mais' })
})

test('the link of the first administrator works once, and a new start makes a new one', async () => {
  await using folder = await temporaryFolder()
  const settings = { ACCESS: 'invite' }
  let old = ''
  {
    await using server = await start(folder, settings)
    old = tokenIn(server.firstAdminLink)
    expect(old).not.toBe('')
  }
  await using server = await start(folder, settings)
  const token = tokenIn(server.firstAdminLink)
  const clients = Array.from({ length: 3 }, () => server.client())
  const join = (given: string, email: string | undefined = ANA, client = server.client()) =>
    account.signUp(client, { token: given, ...(email && { email }) })
  expect(told(await account.signUp(server.client(), { email: ANA }))).toEqual([403, 'SIGN_UP_CLOSED'])
  expect(told(await join(old))).toEqual([410, 'LINK_INVALID'])
  expect(told(await join(token, ''))).toEqual([400, 'INVALID_REQUEST'])
  const answers = await Promise.all([
    join(token, ANA, clients[0]),
    join(token, 'bia@example.com', clients[1]),
    join(token, 'caio@example.com', clients[2]),
  ])
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 410, 410])
  const boss = clients[answers.findIndex(({ status }) => status === 201)] ?? expect.unreachable()
  const made = (await account.read(boss)).body.account
  expect(made).toMatchObject({ role: 'admin' })
  const { lines } = JSON.parse((await boss.get('/api/admin/audit')).text) as AuditResponse
  expect(lines).toMatchObject([
    { action: 'account-first-admin', actor: { accountId: made?.id }, subjectEmail: made?.email },
  ])
  await using again = await start(await temporaryFolder(), settings)
  expect(again.firstAdminLink).toBeDefined()
})

test('once there is an administrator no start makes a link, and an open server makes none', async () => {
  await using folder = await temporaryFolder()
  {
    await using server = await start(folder, { ACCESS: 'invite' })
    const client = server.client()
    await account.signUp(client, { token: tokenIn(server.firstAdminLink), email: ANA })
  }
  await using server = await start(folder, { ACCESS: 'invite' })
  expect(server.firstAdminLink).toBeUndefined()
  await using other = await start(await temporaryFolder(), {})
  expect(other.firstAdminLink).toBeUndefined()
})

test('with host tokens alone nobody signs in', async () => {
  await using server = await startServer({
    settings: { ACCESS: 'token', HOST_TOKEN_SECRET: SECRET, HOST_TOKEN_AUDIENCE: AUDIENCE },
  })
  const client = server.client()
  expect(told(await account.signIn(client, ANA))).toEqual([401, 'UNAUTHENTICATED'])
  expect(told(await client.get('/api/chat/conversations'))).toEqual([401, 'UNAUTHENTICATED'])
})

test.skipIf(onPostgres)(
  'the operator invites, resets, disables and lists beside the server',
  async () => {
    await using server = await startServer({ settings: { ACCESS: 'invite' } })
    const command = async (...args: string[]) => {
      const done = run(process.execPath, ['src/account/runAccountCommand.ts', ...args], {
        cwd: join(import.meta.dirname, '..', '..'),
        env: { PATH: process.env['PATH'], ...server.settings, PUBLIC_URL: 'https://chat.example' },
      })
      return (await done).stdout.trim()
    }
    const invited = await command('invite', 'Ana@Example.com')
    expect(invited).toMatch(/\nhttps:\/\/chat\.example\/account#join=[\w-]{43}$/)
    const client = server.client()
    expect((await account.signUp(client, { token: tokenIn(invited) })).status).toBe(201)
    expect(await command('list')).toMatch(/^ana@example\.com, member, confirmed, since \d{4}-\d\d-\d\d$/)
    await command('admin', ANA)
    expect((await account.read(client)).body.account?.role).toBe('admin')
    const disabledAt = performance.now()
    await command('disable', ANA)
    await expect.poll(async () => (await account.read(client)).body.account, { interval: 20 }).toBeNull()
    expect(performance.now() - disabledAt).toBeLessThan(5000)
    expect(told(await account.signIn(server.client(), ANA))).toEqual([401, 'SIGN_IN_FAILED'])
    await expect(command('reset', ANA)).rejects.toThrow(/is disabled/)
    await command('enable', ANA)
    expect((await account.signIn(server.client(), ANA)).status).toBe(200)
    const reset = await command('reset', ANA)
    const [, token] = /#reset=([\w-]{43})$/.exec(reset) ?? []
    expect((await account.post(client, 'reset', { token, password: 'another password' })).status).toBe(200)
    await expect(command('invite', ANA)).rejects.toThrow(/has an account already/)
    await expect(command('reset', 'nobody@example.com')).rejects.toThrow(/no account/)
    await expect(command('expel', ANA)).rejects.toThrow(/expected one of/)
    expect((await account.signIn(server.client(), ANA, PASSWORD)).status).toBe(401)
    // Each command is a process.
  },
  120_000,
)
