import { afterAll, beforeAll, expect, test } from 'vitest'
import { finished, type TestClient, tokenHashIn } from '../harness/client.ts'
import { account, PASSWORD, told } from '../harness/person.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { uploadFile } from '../harness/upload.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

let upstream: Upstream
let server: TestServer

beforeAll(async () => {
  upstream = await createUpstream()
  server = await startServer({ upstream, settings: { TRUST_PROXY: 'true' } })
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await upstream.close()
})

let people = 0
const newEmail = () => `person${++people}@example.com`

/** Somebody with an account, signed in. */
async function person(): Promise<{ client: TestClient; email: string }> {
  const [client, email] = [server.client(), newEmail()]
  expect((await account.signUp(client, { email })).status).toBe(201)
  return { client, email }
}

const conversationsOf = async (client: TestClient) =>
  (await client.get('/api/chat/conversations')).body.conversations.map(({ id }) => id)

test('a visitor who signs up stays the same owner, with a new token', async () => {
  const client = server.client()
  const { conversationId } = await finished(client)
  const before = client.tab()
  const email = newEmail()
  const answer = await account.signUp(client, { email: ` ${email.toUpperCase()} `, name: 'Ana' })
  expect(answer.status).toBe(201)
  expect(answer.body.account).toMatchObject({
    email,
    name: 'Ana',
    role: 'member',
    isConfirmed: false,
    hasPassword: true,
  })
  expect(client.cookie).not.toBe(before.cookie)
  expect(await conversationsOf(client)).toEqual([conversationId])
  expect((await account.read(client)).body).toMatchObject({
    account: { email },
    access: 'open',
    signUp: 'direct',
  })
  expect(await conversationsOf(before)).toEqual([])
})

test('an address has one account, whoever asks at once', async () => {
  const email = newEmail()
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => account.signUp(server.client(), { email })),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409])
  expect(answers.find(({ status }) => status === 409)?.body.code).toBe('EMAIL_TAKEN')
  expect(server.rows('select id from accounts where email = ?', email)).toHaveLength(1)
})

test('a sign-in fails in one way, whether there is an account or not, and takes about as long', async () => {
  await using server = await startServer({ hasRealPasswords: true })
  const email = newEmail()
  await account.signUp(server.client(), { email })
  const rows = server.rows('select password_hash from accounts')
  expect(rows[0]?.['password_hash']).toMatch(/^scrypt\$16\$8\$2\$[\w-]{22}\$[\w-]{43}$/)
  const plain = async (of: string) => {
    const begun = performance.now()
    const { status, headers, text } = await account.signIn(server.client(), of, 'wrong password')
    const { date: _, ...kept } = headers
    return {
      answer: { status, kept, body: { ...JSON.parse(text), requestId: '' } },
      ms: performance.now() - begun,
    }
  }
  const [known, unknown] = [await plain(email), await plain(newEmail())]
  expect(known.answer).toEqual(unknown.answer)
  expect(known.answer).toMatchObject({ status: 401, body: { code: 'SIGN_IN_FAILED' } })
  // Without a hash to compare with, the answer would come in a few milliseconds.
  expect(unknown.ms).toBeGreaterThan(known.ms / 4)
})

test('signing in never takes over the token that the browser came with', async () => {
  const { email } = await person()
  const browser = server.client()
  await browser.get('/api/chat/conversations')
  const fixed = browser.tab()
  expect((await account.signIn(browser, email)).status).toBe(200)
  expect(browser.cookie).not.toBe(fixed.cookie)
  expect((await account.read(fixed)).body.account).toBeNull()
})

test('signing out revokes the session, and the account goes on elsewhere', async () => {
  const { client, email } = await person()
  const other = server.client()
  await account.signIn(other, email)
  const old = client.tab()
  expect((await account.signOut(client)).status).toBe(204)
  expect((await account.read(old)).body.account).toBeNull()
  expect((await account.read(other)).body.account?.email).toBe(email)
})

test('a new password signs out all other browsers, and only the new one counts', async () => {
  const { client, email } = await person()
  const other = server.client()
  await account.signIn(other, email)
  const wrong = await account.post(client, 'password', {
    current: 'not the password',
    password: 'a new password',
  })
  expect(told(wrong)).toEqual([401, 'SIGN_IN_FAILED'])
  expect(
    (await account.post(client, 'password', { current: PASSWORD, password: 'a new password' })).status,
  ).toBe(204)
  expect((await account.read(client)).body.account?.email).toBe(email)
  expect((await account.read(other)).body.account).toBeNull()
  expect((await account.signIn(other, email)).status).toBe(401)
  expect((await account.signIn(other, email, 'a new password')).status).toBe(200)
})

test('nobody takes a password that many people have', async () => {
  const refused = [422, 'PASSWORD_TOO_COMMON']
  const stranger = server.client()
  const email = newEmail()
  expect(told(await account.signUp(stranger, { email, password: 'Password2026!' }))).toEqual(refused)
  expect(stranger.cookie).toBeUndefined()
  const made = await account.signUp(stranger, { email })
  expect(made.status).toBe(201)
  const change = (password: string) => account.post(stranger, 'password', { current: PASSWORD, password })
  expect(told(await change('qwertyuiop'))).toEqual(refused)
  expect(told(await change(`${email.split('@')[0]}2026`))).toEqual(refused)
  expect((await account.signIn(server.client(), email)).status).toBe(200)
})

test('without mail an address changes at once, and nobody gets the address of another', async () => {
  const [one, other] = [await person(), await person()]
  const change = (email: string, password = PASSWORD) =>
    account.post(one.client, 'email', { email, password })
  expect(told(await change(other.email))).toEqual([409, 'EMAIL_TAKEN'])
  const email = newEmail()
  expect(told(await change(email, 'wrong'))).toEqual([401, 'SIGN_IN_FAILED'])
  expect((await change(email)).status).toBe(200)
  expect((await account.signIn(server.client(), email)).status).toBe(200)
  expect((await account.signIn(server.client(), one.email)).status).toBe(401)
})

test('deleting an account asks for the password, and erases everything', async () => {
  const { client, email } = await person()
  const { conversationId } = await finished(client)
  const other = server.client()
  await account.signIn(other, email)
  expect(told(await account.post(client, 'delete', { password: 'wrong' }))).toEqual([401, 'SIGN_IN_FAILED'])
  expect(told(await account.post(client, 'delete', {}))).toEqual([401, 'SIGN_IN_FAILED'])
  const late = client.tab()
  expect((await account.post(client, 'delete', { password: PASSWORD })).status).toBe(204)
  expect((await account.read(other)).body.account).toBeNull()
  expect((await late.send({ content: 'Oi' })).status).toBe(404)
  expect(server.rows('select id from conversations where id = ?', conversationId)).toEqual([])
  expect(server.rows('select id from accounts where email = ?', email)).toEqual([])
  expect((await account.signUp(server.client(), { email })).status).toBe(201)
})

test('erasing everything leaves the account and its session', async () => {
  const { client, email } = await person()
  await finished(client)
  expect((await client.call('DELETE', '/api/chat/owner')).status).toBe(204)
  expect((await account.read(client)).body.account?.email).toBe(email)
  expect(await conversationsOf(client)).toEqual([])
  await finished(client)
  expect(await conversationsOf(client)).toHaveLength(1)
})

test('guesses are slowed down, and whoever is signed in goes on', async () => {
  const { client, email } = await person()
  const guesses = []
  for (let count = 0; count < 12; count++)
    guesses.push(await account.signIn(server.client(), email, `guess number ${count}`))
  expect(guesses.filter(({ status }) => status === 401)).toHaveLength(10)
  const refused = guesses.at(-1)
  expect(refused?.body).toMatchObject({ code: 'RATE_LIMITED', retryAfter: expect.any(Number) })
  expect(refused?.body.retryAfter).toBeLessThanOrEqual(20)
  expect((await account.read(client)).body.account?.email).toBe(email)
  await finished(client)
  const changed = await account.post(client, 'password', { current: PASSWORD, password: 'a new password' })
  expect(changed.status).toBe(204)
  expect((await account.signIn(server.client(), newEmail(), 'whatever it is')).status).toBe(401)
})

test('one network address cannot try many accounts', async () => {
  await using server = await startServer()
  const answers = []
  for (let count = 0; count < 32; count++)
    answers.push(await account.signIn(server.client(), newEmail(), 'the usual password'))
  expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
})

test('a right password does not count as a guess', async () => {
  const { email } = await person()
  for (let count = 0; count < 12; count++)
    expect((await account.signIn(server.client(), email)).status).toBe(200)
})

test('a visitor who signs in brings what is theirs: found, listed, counted, shared', async () => {
  const { client, email } = await person()
  const own = await finished(client)
  const visitor = server.client()
  const bytes = Buffer.from('o que se anexa')
  const [file, draft] = [
    await uploadFile(visitor, { name: 'a', bytes }),
    await uploadFile(visitor, { name: 'b', bytes }),
  ]
  const attachments = [{ fileId: file.fileId }]
  const brought = await finished(visitor, { content: 'Oi', attachments })
  const words = await visitor.post(`/api/chat/conversations/${brought.conversationId}/shares`)
  const before = server.rows('select sum(bytes) as bytes from owner_storage')
  expect((await account.signIn(visitor, email)).status).toBe(200)
  await expect.poll(() => conversationsOf(visitor)).toHaveLength(2)
  await expect.poll(() => server.rows('select * from owner_moves')).toEqual([])
  expect(await conversationsOf(client)).toEqual([brought.conversationId, own.conversationId])
  const { body } = await visitor.get(`/api/chat/conversations/${brought.conversationId}`)
  expect(body.messages).toHaveLength(2)
  await using replay = await visitor.follow(brought.runId, 0)
  expect((await replay.end()).status).toBe('completed')
  const found = await visitor.get('/api/chat/search?query=oi')
  expect(found.body.hits.map(({ conversationId }) => conversationId)).toContain(brought.conversationId)
  expect((await visitor.get('/api/chat/shares')).body.shares).toHaveLength(1)
  expect((await server.client().get(`/api/chat/shared/${words.body.share.id}`)).status).toBe(200)
  expect(server.rows('select sum(bytes) as bytes from owner_storage')).toEqual(before)
  for (const { fileId } of [file, draft])
    expect((await client.get(`/api/chat/files/${fileId}`)).text).toBe(bytes.toString())
  const hash = tokenHashIn(visitor.cookie ?? '')
  const [session] = server.rows('select owner_id from sessions where token_hash = ?', hash)
  const owners = server.rows(
    'select distinct owner_id from messages where conversation_id = ?',
    brought.conversationId,
  )
  expect(owners).toEqual([session])
})

test('a reply that is being written when its visitor signs in is neither lost nor doubled', async () => {
  const { client, email } = await person()
  const visitor = server.client()
  const gate = upstream.hold({ tokens: ['um', ' dois'] })
  await using stream = await visitor.send({ content: 'Conte' })
  await gate.next()
  await stream.untilText('um')
  const late = visitor.tab()
  expect((await account.signIn(visitor, email)).status).toBe(200)
  const { conversationId } = stream.start
  expect((await visitor.get(`/api/chat/conversations/${conversationId}`)).status).toBe(404)
  expect((await late.send({ content: 'Mais' })).status).toBe(404)
  gate.open()
  await expect
    .poll(async () => (await visitor.get(`/api/chat/conversations/${conversationId}`)).status, {
      timeout: 15_000,
    })
    .toBe(200)
  const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
  expect(body.messages).toHaveLength(2)
  expect(body.messages[1]?.parts).toMatchObject([{ type: 'text', text: 'um dois' }])
  expect(server.rows('select id from runs where conversation_id = ?', conversationId)).toHaveLength(1)
})

test('what one account has never goes to another that signs in with the same browser', async () => {
  const [one, other] = [await person(), await person()]
  const { conversationId } = await finished(one.client)
  const before = one.client.tab()
  expect((await account.signIn(one.client, other.email)).status).toBe(200)
  expect(await conversationsOf(one.client)).toEqual([])
  expect((await account.read(before)).body.account).toBeNull()
  const back = server.client()
  await account.signIn(back, one.email)
  expect(await conversationsOf(back)).toEqual([conversationId])
})

test.each<[name: string, what: string, body: object | undefined]>([
  ['a password of 9 characters', 'sign-up', { email: 'a@example.com', password: '123456789' }],
  ['a password of 257 characters', 'sign-up', { email: 'a@example.com', password: 'x'.repeat(257) }],
  ['an address that is none', 'sign-up', { email: 'nobody', password: PASSWORD }],
  ['no address', 'sign-up', { password: PASSWORD }],
  ['a role of one’s own', 'sign-up', { email: 'a@example.com', password: PASSWORD, role: 'admin' }],
  ['a token that is none', 'sign-up', { token: 'x', password: PASSWORD }],
  ['a sign-in without a password', 'sign-in', { email: 'a@example.com' }],
  ['a sign-in with a list', 'sign-in', { email: ['a@example.com'], password: PASSWORD }],
  ['a link for nobody', 'sign-up-link', {}],
  ['a reset for nobody', 'reset-link', { email: 7 }],
  ['a reset without a token', 'reset', { password: PASSWORD }],
  ['a new password that is too short', 'password', { current: PASSWORD, password: 'short' }],
  ['a new address that is none', 'email', { email: 'x', password: PASSWORD }],
  ['a confirmation without a token', 'confirm', {}],
  ['a deletion with more', 'delete', { password: PASSWORD, really: true }],
])('%s is refused', async (_, what, body) => {
  const client = server.client()
  expect(told(await account.post(client, what, body))).toEqual([400, 'INVALID_REQUEST'])
  expect(client.cookie).toBeUndefined()
})

test.each([
  ['password', { password: 'a new password' }],
  ['email', { email: 'x@example.com' }],
  ['confirm', { token: 'x'.repeat(43) }],
  ['confirm-link', undefined],
  ['delete', {}],
])('%s needs an account', async (what, body) => {
  const stranger = server.client()
  expect(told(await account.post(stranger, what, body))).toEqual([401, 'SIGN_IN_REQUIRED'])
  const visitor = server.client()
  await visitor.get('/api/chat/conversations')
  expect(told(await account.post(visitor, what, body))).toEqual([401, 'SIGN_IN_REQUIRED'])
})

test('a write from another site signs nobody in', async () => {
  const { email } = await person()
  const client = server.client()
  const answer = await client.post(
    '/api/chat/account/sign-in',
    { email, password: PASSWORD },
    { 'sec-fetch-site': 'cross-site' },
  )
  expect(told(answer)).toEqual([403, 'FORBIDDEN'])
  expect(client.cookie).toBeUndefined()
})

test('the streams of a session end when its person signs out', async () => {
  const { client } = await person()
  const gate = upstream.hold({ tokens: ['um', ' dois'] })
  await using stream = await client.send({ content: 'Conte' })
  await gate.next()
  await stream.untilText('um')
  await account.signOut(client)
  await stream.closed
  expect(stream.raw).not.toContain('run-end')
  gate.open()
})
