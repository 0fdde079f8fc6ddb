import { expect, test } from 'vitest'
import { finished, type TestClient } from '../harness/client.ts'
import { openMailbox } from '../harness/mailbox.ts'
import { account, PASSWORD, told } from '../harness/person.ts'
import { startServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { createUpstream } from '../upstream/upstream.ts'

const ANA = 'ana@example.com'
const HOUR = 60 * 60_000

/** A server that sends mail, and its mailbox. */
async function open(settings: Record<string, string> = {}) {
  const [upstream, mailbox, clock] = [await createUpstream(), await openMailbox(), createShiftedClock()]
  const server = await startServer({ upstream, clock, settings: { ...mailbox.settings, ...settings } })
  return {
    server,
    mailbox,
    clock,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await mailbox[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

test('with mail an account is made by a link, once, and its address is confirmed', async () => {
  await using world = await open()
  const { server, mailbox } = world
  const client = server.client()
  const { conversationId } = await finished(client)
  expect((await account.read(client)).body).toMatchObject({ signUp: 'mail', hasMail: true })
  expect(told(await account.signUp(client, { email: ANA }))).toEqual([403, 'SIGN_UP_CLOSED'])
  expect((await account.post(client, 'sign-up-link', { email: ANA })).status).toBe(204)
  const { to, token, action, text } = await mailbox.mail(1)
  expect([to, action]).toEqual([ANA, 'join'])
  expect(text).toContain(`https://chat.example/account#join=${token}`)
  expect(server.rows('select token_hash from account_tokens')).not.toContainEqual({ token_hash: token })
  const answer = await account.signUp(client, { token, email: 'other@example.com' })
  expect(answer.body.account).toMatchObject({ email: ANA, isConfirmed: true })
  expect((await client.get(`/api/chat/conversations/${conversationId}`)).status).toBe(200)
  expect(told(await account.signUp(server.client(), { token }))).toEqual([410, 'LINK_INVALID'])
})

test('whoever asks for an account with a known address learns nothing, and its person gets a mail', async () => {
  await using world = await open()
  const { server, mailbox } = world
  await account.post(server.client(), 'sign-up-link', { email: ANA })
  await account.signUp(server.client(), { token: (await mailbox.mail(1)).token })
  const known = await account.post(server.client(), 'sign-up-link', { email: ANA })
  const unknown = await account.post(server.client(), 'sign-up-link', { email: 'bia@example.com' })
  expect([known.status, known.text]).toEqual([unknown.status, unknown.text])
  const [second, third] = [await mailbox.mail(2), await mailbox.mail(3)]
  const mails = new Map([second, third].map(mail => [mail.to, mail]))
  expect(mails.get(ANA)?.token).toBe('')
  expect(mails.get('bia@example.com')?.action).toBe('join')
})

test('a forgotten password is set anew by a link, which signs out every browser', async () => {
  await using world = await open()
  const { server, mailbox } = world
  const client = server.client()
  await account.post(client, 'sign-up-link', { email: ANA })
  await account.signUp(client, { token: (await mailbox.mail(1)).token })
  expect((await account.post(server.client(), 'reset-link', { email: 'nobody@example.com' })).status).toBe(
    204,
  )
  for (const count of [2, 3]) {
    expect((await account.post(server.client(), 'reset-link', { email: ANA })).status).toBe(204)
    expect((await mailbox.mail(count)).to).toBe(ANA)
  }
  const [first, second] = [await mailbox.mail(2), await mailbox.mail(3)]
  const other = server.client()
  const common = await account.post(other, 'reset', { token: second.token, password: 'qwertyuiop' })
  expect(told(common)).toEqual([422, 'PASSWORD_TOO_COMMON'])
  const body = { token: second.token, password: 'a whole new one' }
  const answers = await Promise.all([
    account.post(other, 'reset', body),
    account.post(server.client(), 'reset', body),
  ])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 410])
  expect((await account.read(client)).body.account).toBeNull()
  expect(told(await account.post(other, 'reset', { ...body, token: first.token }))).toEqual([
    410,
    'LINK_INVALID',
  ])
  expect((await account.signIn(server.client(), ANA)).status).toBe(401)
  expect((await account.signIn(server.client(), ANA, 'a whole new one')).status).toBe(200)
})

test('a link is good for its time, in the language of whoever asked', async () => {
  await using world = await open()
  const { server, mailbox, clock } = world
  const client = server.client()
  await client.post('/api/chat/account/sign-up-link', { email: ANA }, { 'accept-language': 'es' })
  const mail = await mailbox.mail(1)
  expect(mail.text).toContain('Tu cuenta en chat.example')
  clock.shift(24 * HOUR + 1)
  expect(told(await account.signUp(client, { token: mail.token }))).toEqual([410, 'LINK_INVALID'])
})

test('a new address counts once its link is opened by the person of the account', async () => {
  await using world = await open()
  const { server, mailbox } = world
  const client = server.client()
  await account.post(client, 'sign-up-link', { email: ANA })
  await account.signUp(client, { token: (await mailbox.mail(1)).token })
  const NEW = 'ana@new.example'
  const asked = await account.post(client, 'email', { email: NEW, password: PASSWORD })
  expect(JSON.parse(asked.text)).toEqual({ status: 'mailed' })
  const { to, token } = await mailbox.mail(2)
  expect(to).toBe(NEW)
  expect((await account.signIn(server.client(), NEW)).status).toBe(401)
  expect(told(await account.post(server.client(), 'confirm', { token }))).toEqual([401, 'SIGN_IN_REQUIRED'])
  const confirmed = await account.post(client, 'confirm', { token })
  expect(confirmed.body.account).toMatchObject({ email: NEW, isConfirmed: true })
  expect((await mailbox.mail(3)).to).toBe(ANA)
  expect((await account.signIn(server.client(), NEW)).status).toBe(200)
  expect((await account.signIn(server.client(), ANA)).status).toBe(401)
})

test('nobody has the address of another confirmed by them', async () => {
  await using folderless = await open()
  const { server, mailbox } = folderless
  // Made while the server sent no mail.
  const thief = server.client()
  await account.post(thief, 'sign-up-link', { email: 'thief@example.com' })
  await account.signUp(thief, { token: (await mailbox.mail(1)).token })
  await account.post(thief, 'email', { email: ANA, password: PASSWORD })
  const { token } = await mailbox.mail(2)
  const victim = server.client()
  await account.post(victim, 'sign-up-link', { email: ANA })
  await account.signUp(victim, { token: (await mailbox.mail(3)).token })
  expect(told(await account.post(victim, 'confirm', { token }))).toEqual([410, 'LINK_INVALID'])
  expect(told(await account.post(thief, 'confirm', { token }))).toEqual([409, 'EMAIL_TAKEN'])
})

test('an address gets few mails, however often somebody asks', async () => {
  await using world = await open()
  const { server } = world
  const answers = []
  for (let count = 0; count < 5; count++)
    answers.push(await account.post(server.client(), 'sign-up-link', { email: ANA }))
  expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 429, 429])
})

test('two accounts that confirm one address at the same instant: one gets it, and the other one is told that it is taken', async () => {
  await using world = await open()
  const { server, mailbox } = world
  let mails = 0
  const join = async () => {
    const client = server.client()
    await account.post(client, 'sign-up-link', { email: `rio${mails}@example.com` })
    await account.signUp(client, { token: (await mailbox.mail(++mails)).token })
    return client
  }
  const people = [await join(), await join()]
  for (let round = 0; round < 4; round++) {
    const email = `wanted${round}@example.com`
    const links: [TestClient, string][] = []
    for (const client of people) {
      const asked = await account.post(client, 'email', { email, password: PASSWORD })
      expect(asked.status).toBe(200)
      links.push([client, (await mailbox.mail(++mails)).token])
    }
    const answers = await Promise.all(
      links.map(([client, token]) => account.post(client, 'confirm', { token })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('EMAIL_TAKEN')
    // Whoever got it lets the old address know.
    mails += 1
    await mailbox.mail(mails)
  }
})
