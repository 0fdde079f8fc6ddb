import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAccountLinks } from '../../src/server/accounts/accountLinks.ts'
import { deleteOldTokens, insertToken } from '../../src/server/database/accounts/accountTokens.ts'
import { beside, operate } from '../harness/administrator.ts'
import { Authenticator, type Deviation } from '../harness/authenticator.ts'
import { finished, type TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { silentLogger } from '../harness/log.ts'
import { account, PASSWORD, told } from '../harness/person.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { onPostgres } from '../harness/testDatabase.ts'

const SITE = 'https://chat.example'
const SETTINGS = { TRUST_PROXY: 'true', PUBLIC_URL: SITE }
const MINUTE = 60_000

let server: TestServer

beforeAll(async () => {
  server = await startServer({ settings: SETTINGS })
})

afterAll(() => server[Symbol.asyncDispose]())

let people = 0

/** Somebody with an account, signed in. */
async function person(of = server): Promise<{ client: TestClient; email: string }> {
  const [client, email] = [of.client(), `passkey${++people}@example.com`]
  expect((await account.signUp(client, { email })).status).toBe(201)
  return { client, email }
}

const begin = async (client: TestClient) =>
  (await account.post(client, 'passkeys/options', { password: PASSWORD })).body.options

/** Adds a passkey, and gives its authenticator. */
async function added(client: TestClient, name = 'Celular'): Promise<Authenticator> {
  const authenticator = new Authenticator(SITE)
  const credential = authenticator.create(await begin(client))
  expect((await account.post(client, 'passkeys', { name, credential })).status).toBe(201)
  return authenticator
}

const listed = async (client: TestClient) =>
  (await client.get('/api/chat/account/passkeys')).body.passkeys.map(({ id, name }) => ({ id, name }))

const options = async (client: TestClient) => (await account.post(client, 'passkey-options')).body.options

async function signIn(authenticator: Authenticator, client = server.client(), deviation: Deviation = {}) {
  const credential = authenticator.get(await options(client), deviation)
  return account.post(client, 'passkey-sign-in', { credential })
}

/** All links, challenges and sessions are so much older, whichever clock the database has. */
const age = (ms: number) =>
  beside(server, ({ write }) =>
    write('power', async queries => {
      await queries
        .updateTable('account_tokens')
        .set(({ eb }) => ({ created_at: eb('created_at', '-', ms), expires_at: eb('expires_at', '-', ms) }))
        .execute()
      await queries
        .updateTable('sessions')
        .set(({ eb }) => ({ created_at: eb('created_at', '-', ms) }))
        .execute()
    }),
  )

/** Takes the password of an account away, as if an issuer had made it. */
const forgetPassword = (email: string) =>
  beside(server, ({ write }) =>
    write('power', async queries => {
      await queries.updateTable('accounts').set({ password_hash: null }).where('email', '=', email).execute()
    }),
  )

test('a person adds a passkey, and signs in with it elsewhere without an address', async () => {
  const { client, email } = await person()
  expect((await account.read(client)).body.takesPasskeys).toBe(true)
  const asked = await begin(client)
  expect(asked).toMatchObject({
    rp: { id: 'chat.example' },
    user: { name: email },
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
  const authenticator = await added(client)
  const again = await begin(client)
  expect(again['excludeCredentials']).toMatchObject([{ id: authenticator.id }])
  const browser = server.client()
  const { conversationId } = await finished(browser)
  const before = browser.tab()
  const answer = await signIn(authenticator, browser)
  expect(answer.body.account).toMatchObject({ email })
  expect(browser.cookie).not.toBe(before.cookie)
  expect((await account.read(before)).body.account).toBeNull()
  await expect
    .poll(async () => (await client.get(`/api/chat/conversations/${conversationId}`)).status)
    .toBe(200)
  const { body } = await client.get('/api/chat/account/passkeys')
  expect(body).toMatchObject({
    passkeys: [{ name: 'Celular', createdAt: expect.any(Number), usedAt: expect.any(Number) }],
    most: 20,
  })
})

test('the database has the hash of a challenge, and no secret of a passkey', async () => {
  const { client } = await person()
  const { challenge } = await options(client)
  await added(client)
  const stored = JSON.stringify([
    ...server.rows('select * from account_tokens'),
    ...server.rows('select * from passkeys'),
  ])
  expect(stored).not.toContain(challenge)
})

test('adding a passkey asks for the password, or without one for a sign-in of the last ten minutes', async () => {
  const { client, email } = await person()
  expect(told(await account.post(client, 'passkeys/options', {}))).toEqual([401, 'SIGN_IN_FAILED'])
  expect(told(await account.post(client, 'passkeys/options', { password: 'wrong' }))).toEqual([
    401,
    'SIGN_IN_FAILED',
  ])
  await forgetPassword(email)
  expect((await account.post(client, 'passkeys/options', {})).status).toBe(200)
  await age(11 * MINUTE)
  expect(told(await account.post(client, 'passkeys/options', {}))).toEqual([403, 'SIGN_IN_TOO_OLD'])
})

const WRONG: [what: string, deviation: Deviation][] = [
  ['another origin', { origin: 'https://chat.example.evil.test' }],
  ['a page of plain http', { origin: 'http://chat.example' }],
  ['another host', { rpId: 'evil.test' }],
  ['nobody verified', { isVerified: false }],
  ['a challenge that nobody gave', { challenge: randomBytes(32).toString('base64url') }],
]

test.each(WRONG)('a passkey with %s is not added', async (_, deviation) => {
  const { client } = await person()
  const credential = new Authenticator(SITE).create(await begin(client), deviation)
  expect(told(await account.post(client, 'passkeys', { name: 'x', credential }))).toEqual([
    422,
    'PASSKEY_REFUSED',
  ])
  expect(await listed(client)).toEqual([])
})

test('a challenge adds one passkey, for the account that asked, within five minutes', async () => {
  const [{ client }, other] = [await person(), await person()]
  const add = (by: TestClient, asked: object) =>
    account.post(by, 'passkeys', { name: 'x', credential: new Authenticator(SITE).create(asked) })
  const refused = [422, 'PASSKEY_REFUSED']
  const asked = await begin(client)
  expect((await add(client, asked)).status).toBe(201)
  expect(told(await add(client, asked))).toEqual(refused)
  expect(told(await add(other.client, await begin(client)))).toEqual(refused)
  const forSignIn = await options(client)
  expect(told(await add(client, { ...(await begin(client)), challenge: forSignIn['challenge'] }))).toEqual(
    refused,
  )
  const late = await begin(client)
  await age(5 * MINUTE)
  expect(told(await add(client, late))).toEqual(refused)
})

test('a credential belongs to one account', async () => {
  const [{ client }, other] = [await person(), await person()]
  const authenticator = await added(client)
  const credential = authenticator.create(await begin(other.client))
  expect(told(await account.post(other.client, 'passkeys', { name: 'x', credential }))).toEqual([
    422,
    'PASSKEY_REFUSED',
  ])
  expect((await signIn(authenticator, server.client())).status).toBe(401)
})

const FORGED: [what: string, deviation: () => Deviation][] = [
  ...WRONG.map(([what, deviation]): [string, () => Deviation] => [what, () => deviation]),
  [
    'the signature of another key',
    () => ({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }),
  ],
  ['the name of another account', () => ({ userHandle: Buffer.from('somebody else').toString('base64url') })],
]

test.each(FORGED)('%s signs nobody in', async (_, deviation) => {
  const { client } = await person()
  const authenticator = await added(client)
  const stranger = server.client()
  expect(told(await signIn(authenticator, stranger, deviation()))).toEqual([401, 'SIGN_IN_FAILED'])
  expect(stranger.cookie).toBeUndefined()
})

test('a passkey that nobody has added signs nobody in, nor one of another account by its id', async () => {
  const [one, other] = [await person(), await person()]
  const [mine, theirs] = [await added(one.client), await added(other.client)]
  expect(told(await signIn(new Authenticator(SITE)))).toEqual([401, 'SIGN_IN_FAILED'])
  const client = server.client()
  const credential = { ...mine.get(await options(client)), id: theirs.id }
  expect(told(await account.post(client, 'passkey-sign-in', { credential }))).toEqual([401, 'SIGN_IN_FAILED'])
})

test('an answer signs in once, also if it comes twice at the same time', async () => {
  const { client } = await person()
  const authenticator = await added(client)
  const credential = authenticator.get(await options(client))
  const answers = await Promise.all(
    [server.client(), server.client()].map(each => account.post(each, 'passkey-sign-in', { credential })),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
  expect((await account.post(server.client(), 'passkey-sign-in', { credential })).status).toBe(401)
})

test('a challenge to sign in ends after five minutes', async () => {
  const { client } = await person()
  const authenticator = await added(client)
  const credential = authenticator.get(await options(client))
  await age(5 * MINUTE)
  expect((await account.post(client, 'passkey-sign-in', { credential })).status).toBe(401)
})

test('challenges that have ended go before old links do', async () => {
  await using server = await startServer({ settings: SETTINGS })
  await options(server.client())
  await beside(server, async ({ write }) => {
    const row = { account_id: null, email: 'x@example.com', used_at: null, created_at: 1, expires_at: 1000 }
    await write('power', tx => insertToken(tx, { ...row, token_hash: 'of a link', purpose: 'invite' }))
    await write('power', tx => deleteOldTokens(tx, { linksBefore: 1000, now: Date.now() + 4 * MINUTE }))
    expect(server.rows('select purpose from account_tokens order by purpose')).toEqual([
      { purpose: 'invite' },
      { purpose: 'use-passkey' },
    ])
    await write('power', tx => deleteOldTokens(tx, { linksBefore: 1000, now: Date.now() + 6 * MINUTE }))
    expect(server.rows('select purpose from account_tokens')).toEqual([{ purpose: 'invite' }])
  })
})

test('an authenticator that counts backwards is taken for a copy, and one that does not count is good', async () => {
  const { client } = await person()
  const counting = await added(client)
  expect((await signIn(counting, server.client(), { counter: 7 })).status).toBe(200)
  for (const counter of [7, 6, 0])
    expect(told(await signIn(counting, server.client(), { counter }))).toEqual([401, 'SIGN_IN_FAILED'])
  expect((await signIn(counting, server.client(), { counter: 8 })).status).toBe(200)
  const silent = await added(client)
  for (let times = 0; times < 3; times++)
    expect((await signIn(silent, server.client(), { counter: 0 })).status).toBe(200)
})

test('a passkey of a disabled account is good for nothing, and of an enabled one again', async () => {
  const { client, email } = await person()
  const authenticator = await added(client)
  const asked = await begin(client)
  await operate(server, operator => operator.disable(email))
  expect(told(await signIn(authenticator))).toEqual([401, 'SIGN_IN_FAILED'])
  await expect.poll(async () => (await account.read(client)).body.account).toBeNull()
  const credential = new Authenticator(SITE).create(asked)
  expect(told(await account.post(client, 'passkeys', { name: 'x', credential }))).toEqual([
    401,
    'SIGN_IN_REQUIRED',
  ])
  await operate(server, operator => operator.enable(email))
  expect((await signIn(authenticator)).status).toBe(200)
})

test('only its person removes a passkey, with the password, and it is good for nothing then', async () => {
  const [{ client }, other] = [await person(), await person()]
  const authenticator = await added(client)
  await added(client, 'Chave')
  const passkey = (await listed(client)).find(({ name }) => name === 'Celular')
  const remove = (by: TestClient, body: object = { password: PASSWORD }) =>
    account.post(by, `passkeys/${passkey?.id}/delete`, body)
  expect(told(await remove(server.client()))).toEqual([404, 'NOT_FOUND'])
  expect(told(await remove(other.client))).toEqual([404, 'NOT_FOUND'])
  expect(told(await remove(client, {}))).toEqual([401, 'SIGN_IN_FAILED'])
  expect((await remove(client)).status).toBe(204)
  expect(told(await remove(client))).toEqual([404, 'NOT_FOUND'])
  expect(told(await signIn(authenticator))).toEqual([401, 'SIGN_IN_FAILED'])
  expect(await listed(client)).toMatchObject([{ name: 'Chave' }])
})

test('the last way in stays, also if the last two are removed at once', async () => {
  const { client, email } = await person()
  await added(client)
  await added(client)
  await forgetPassword(email)
  const passkeys = await listed(client)
  const remove = ({ id }: { id: string }) => account.post(client, `passkeys/${id}/delete`, {})
  const answers = await Promise.all(passkeys.map(remove))
  expect(answers.map(told).sort()).toEqual([
    [204, undefined],
    [409, 'LAST_WAY_IN'],
  ])
  expect(await listed(client)).toHaveLength(1)
})

test('an account has at most 20 passkeys', async () => {
  const { client } = await person()
  for (let count = 0; count < 19; count++) await added(client)
  const [one, other] = [await begin(client), await begin(client)]
  const add = (asked: object) =>
    account.post(client, 'passkeys', { name: 'x', credential: new Authenticator(SITE).create(asked) })
  const answers = await Promise.all([add(one), add(other)])
  expect(answers.map(told).sort()).toEqual([
    [201, undefined],
    [409, 'TOO_MANY_PASSKEYS'],
  ])
  expect(told(await account.post(client, 'passkeys/options', { password: PASSWORD }))).toEqual([
    409,
    'TOO_MANY_PASSKEYS',
  ])
})

test('with its account a passkey is erased', async () => {
  const { client } = await person()
  const authenticator = await added(client)
  await options(client)
  expect((await account.post(client, 'delete', { password: PASSWORD })).status).toBe(204)
  expect(server.rows('select id from passkeys where credential_id = ?', authenticator.id)).toEqual([])
  expect((await signIn(authenticator)).status).toBe(401)
})

test('whoever made an account with the address of somebody else loses the passkeys when that person sets a password', async () => {
  const { client, email } = await person()
  const authenticator = await added(client)
  const link = await beside(server, async ({ queries, write }) => {
    const row = await queries
      .selectFrom('accounts')
      .select('id')
      .where('email', '=', email)
      .executeTakeFirst()
    const options = { siteUrl: '', sendMail: undefined, steadyTime: Date.now, logger: silentLogger }
    const links = createAccountLinks(options)
    return write('power', tx => links.create(tx, { purpose: 'reset', accountId: row?.id ?? '', email }))
  })
  const token = link.split('=').at(-1)
  expect((await account.post(server.client(), 'reset', { token, password: 'a whole new one' })).status).toBe(
    200,
  )
  expect(told(await signIn(authenticator))).toEqual([401, 'SIGN_IN_FAILED'])
})

test('one network address cannot try many passkeys', async () => {
  await using server = await startServer({ settings: SETTINGS })
  const client = server.client()
  const credential = new Authenticator(SITE).get(await options(client))
  const answers = []
  for (let count = 0; count < 32; count++)
    answers.push(await client.post('/api/chat/account/passkey-sign-in', { credential }))
  expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
})

test('without a public address the host of the request counts, and a number has no passkeys', async () => {
  await using server = await startServer()
  const client = server.client()
  expect((await account.read(client)).body.takesPasskeys).toBe(false)
  expect(told(await client.post('/api/chat/account/passkey-options'))).toEqual([422, 'PASSKEY_REFUSED'])
  const host = { host: 'localhost:3000' }
  expect((await client.get('/api/chat/account', host)).body.takesPasskeys).toBe(true)
  const { body } = await client.post('/api/chat/account/passkey-options', undefined, host)
  expect(body.options).toMatchObject({ rpId: 'localhost', userVerification: 'required' })
  // No address is asked for, and none is told.
  expect(body.options['allowCredentials']).toBeUndefined()
})

test.skipIf(!onPostgres)('any node finishes what another one began', async () => {
  await using folder = await temporaryFolder()
  await using one = await startServer({ folder, settings: SETTINGS })
  await using other = await startServer({ folder, settings: SETTINGS })
  const { client } = await person(one)
  const elsewhere = other.client()
  elsewhere.cookie = client.cookie
  const authenticator = new Authenticator(SITE)
  const credential = authenticator.create(await begin(client))
  expect((await account.post(elsewhere, 'passkeys', { name: 'x', credential })).status).toBe(201)
  const answer = authenticator.get(await options(one.client()))
  expect((await account.post(other.client(), 'passkey-sign-in', { credential: answer })).status).toBe(200)
  expect((await account.post(one.client(), 'passkey-sign-in', { credential: answer })).status).toBe(401)
})

test.each<[name: string, what: string, body: object | undefined]>([
  ['a passkey without a name', 'passkeys', { credential: {} }],
  ['a passkey with an empty name', 'passkeys', { name: ' ', credential: {} }],
  ['a passkey that is none', 'passkeys', { name: 'x', credential: { id: 'x' } }],
  ['a password that is a list', 'passkeys/options', { password: [PASSWORD] }],
  ['a sign-in without a passkey', 'passkey-sign-in', {}],
  [
    'a sign-in with a passkey that is none',
    'passkey-sign-in',
    { credential: { id: '!', type: 'public-key' } },
  ],
  ['the removal of what has no id', 'passkeys/none/delete', {}],
])('%s is refused', async (_, what, body) => {
  const client = server.client()
  expect(told(await account.post(client, what, body))).toEqual([400, 'INVALID_REQUEST'])
  expect(client.cookie).toBeUndefined()
})

test('a list of passkeys needs an account', async () => {
  expect(told(await server.client().get('/api/chat/account/passkeys'))).toEqual([401, 'SIGN_IN_REQUIRED'])
})
