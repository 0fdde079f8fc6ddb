import { afterAll, beforeAll, expect, test } from 'vitest'
import type {
  AdminInvitation,
  AdminInvitationsResponse,
  AdminMadeInvitationResponse,
  AuditResponse,
} from '../../src/protocol/admin/adminResponses.ts'
import { administrator, beside, operate } from '../harness/administrator.ts'
import type { TestClient } from '../harness/client.ts'
import { freePort } from '../harness/freePort.ts'
import { openIssuer } from '../harness/issuer.ts'
import { openMailbox } from '../harness/mailbox.ts'
import { account, told } from '../harness/person.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { signInAtIssuer } from '../harness/signInAtIssuer.ts'

const AT = '/api/admin/invitations'

let server: TestServer
let admin: TestClient

beforeAll(async () => {
  // Open, so that the tests make administrators as they need them.
  server = await startServer()
  admin = await administrator(server)
})

afterAll(() => server[Symbol.asyncDispose]())

const read = async <T>(path: string): Promise<T> => JSON.parse((await admin.get(path)).text) as T
const listed = async (email: string): Promise<AdminInvitation | undefined> =>
  (await read<AdminInvitationsResponse>(AT)).invitations.find(each => each.email === email)
const lines = async (limit: number) => (await read<AuditResponse>(`/api/admin/audit?limit=${limit}`)).lines

interface Made extends AdminMadeInvitationResponse {
  token: string
}

async function invite(email: string, role?: string, by = admin): Promise<Made> {
  const answer = await by.post(AT, { email, ...(role && { role }) })
  expect(answer.status, answer.text).toBe(201)
  const made = JSON.parse(answer.text) as AdminMadeInvitationResponse
  return { ...made, token: made.link.split('=')[1] ?? '' }
}

const join = (token: string) => account.signUp(server.client(), { token })

test('an invitation makes the account of its address and role, once, and the list and the audit say so', async () => {
  const made = await invite('  Ana@Example.com', 'admin')
  expect(made).toEqual({
    id: expect.any(String),
    link: expect.stringMatching(/^\/account#join=[\w-]{43}$/),
    expiresAt: expect.any(Number),
    isMailed: false,
    token: expect.any(String),
  })
  const open = await listed('ana@example.com')
  expect(open).toEqual({
    id: made.id,
    email: 'ana@example.com',
    role: 'admin',
    invitedBy: { accountId: expect.any(String), email: 'admin@example.com' },
    createdAt: expect.any(Number),
    expiresAt: made.expiresAt,
    usedAt: null,
    revokedAt: null,
  })
  expect(made.expiresAt - (open?.createdAt ?? 0)).toBe(7 * 24 * 60 * 60_000)
  const joined = await join(made.token)
  expect([joined.status, joined.body.account]).toMatchObject([
    201,
    { email: 'ana@example.com', role: 'admin' },
  ])
  expect(told(await join(made.token))).toEqual([410, 'LINK_INVALID'])
  expect(await listed('ana@example.com')).toMatchObject({ usedAt: expect.any(Number), revokedAt: null })
  expect(await lines(2)).toMatchObject([
    {
      action: 'account-join',
      actor: { accountId: joined.body.account?.id, email: 'ana@example.com' },
      subjectEmail: 'ana@example.com',
      detail: 'admin',
    },
    {
      action: 'account-invite',
      actor: { email: 'admin@example.com' },
      subject: made.id,
      subjectEmail: 'ana@example.com',
      detail: `admin ${made.expiresAt}`,
    },
  ])
})

test('the token is in no other answer, and the database has its hash alone', async () => {
  const { token } = await invite('oculta@example.com')
  for (const path of [AT, '/api/admin/audit', '/api/admin/people'])
    expect((await admin.get(path)).text).not.toContain(token)
  const stored = await beside(server, ({ queries }) =>
    queries.selectFrom('account_tokens').selectAll().execute(),
  )
  expect(JSON.stringify(stored)).toContain('oculta@example.com')
  expect(JSON.stringify(stored)).not.toContain(token)
})

test('a revoked invitation is good for nothing, and is revoked once', async () => {
  const { id, token } = await invite('revogada@example.com')
  expect((await admin.call('DELETE', `${AT}/${id}`)).status).toBe(204)
  expect(told(await join(token))).toEqual([410, 'LINK_INVALID'])
  expect(await listed('revogada@example.com')).toMatchObject({ usedAt: null, revokedAt: expect.any(Number) })
  expect((await lines(1))[0]).toMatchObject({
    action: 'invitation-revoke',
    subject: id,
    subjectEmail: 'revogada@example.com',
  })
  expect(told(await admin.call('DELETE', `${AT}/${id}`))).toEqual([404, 'NOT_FOUND'])
})

test('an invitation that was used cannot be revoked', async () => {
  const { id, token } = await invite('usada@example.com')
  expect((await join(token)).status).toBe(201)
  expect(told(await admin.call('DELETE', `${AT}/${id}`))).toEqual([404, 'NOT_FOUND'])
})

test('who is no longer an administrator leaves no invitation for one behind', async () => {
  const other = await administrator(server, 'sai@example.com')
  const [asAdmin, asMember] = [
    await invite('porta@example.com', 'admin', other),
    await invite('membro@example.com', 'member', other),
  ]
  await operate(server, operator => operator.disable('sai@example.com'))
  expect(told(await join(asAdmin.token))).toEqual([410, 'LINK_INVALID'])
  expect((await join(asMember.token)).status).toBe(201)
  await operate(server, operator => operator.enable('sai@example.com'))
  expect((await join(asAdmin.token)).status).toBe(201)
})

test('nobody is invited who has an account', async () => {
  await invite('tem@example.com').then(({ token }) => join(token))
  expect(told(await admin.post(AT, { email: 'tem@example.com' }))).toEqual([409, 'EMAIL_TAKEN'])
})

test('what the operator makes by a command is in the list too, page by page', async () => {
  await operate(server, operator => operator.invite('comando@example.com'))
  expect(await listed('comando@example.com')).toMatchObject({ role: 'member', invitedBy: null })
  const all = (await read<AdminInvitationsResponse>(AT)).invitations.map(({ id }) => id)
  const found: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: AdminInvitationsResponse = await read(`${AT}?limit=2${cursor && `&cursor=${cursor}`}`)
    found.push(...page.invitations.map(({ id }) => id))
    cursor = page.nextCursor
  }
  expect(found).toEqual(all)
  expect(found).toEqual(found.toSorted().toReversed())
})

test('a link that a person asked for is no invitation', async () => {
  await using mailbox = await openMailbox()
  await using own = await startServer({ settings: { ACCESS: 'accounts', ...mailbox.settings } })
  const boss = own.client()
  await account.post(boss, 'sign-up-link', { email: 'chefe@example.com' })
  expect((await account.signUp(boss, { token: (await mailbox.mail(1)).token })).status).toBe(201)
  await operate(own, operator => operator.makeAdmin('chefe@example.com'))
  expect(JSON.parse((await boss.get(AT)).text).invitations).toEqual([])
  // Where there is mail, an invitation is mailed too, with the same link.
  const answer = await boss.post(AT, { email: 'ela@example.com' })
  const { link, isMailed } = JSON.parse(answer.text) as AdminMadeInvitationResponse
  expect(isMailed).toBe(true)
  const mail = await mailbox.mail(2)
  expect([mail.to, `/account#${mail.action}=${mail.token}`]).toEqual(['ela@example.com', link])
})

test('who comes from an issuer that knows the address uses the invitation for it', async () => {
  const port = String(await freePort())
  const url = `http://127.0.0.1:${port}`
  await using issuer = await openIssuer(url)
  await using own = await startServer({
    settings: { PORT: port, PUBLIC_URL: url, OIDC_ISSUERS: issuer.setting },
  })
  const boss = await administrator(own)
  for (const [login, isVerified] of [
    ['ana', true],
    ['bia', false],
  ] as const) {
    const email = `${login}@example.com`
    expect((await boss.post(AT, { email, role: 'admin' })).status).toBe(201)
    issuer.people.set(login, { email, email_verified: isVerified, name: login })
    const client = own.client()
    expect(await signInAtIssuer(client, login)).toBe('/')
    const role = isVerified ? 'admin' : 'member'
    expect((await account.read(client)).body.account).toMatchObject({ email, role })
  }
  const { invitations } = JSON.parse((await boss.get(AT)).text) as AdminInvitationsResponse
  expect(invitations.map(({ email, usedAt }) => [email, usedAt === null])).toEqual([
    ['bia@example.com', true],
    ['ana@example.com', false],
  ])
})

test('a link tells whether it can be used, and reading it uses nothing', async () => {
  const { token } = await invite('lida@example.com')
  const ask = (given: string) => account.post(server.client(), 'read-link', { token: given })
  for (const _ of [1, 2]) {
    const answer = await ask(token)
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { email: 'lida@example.com' }])
  }
  expect((await join(token)).status).toBe(201)
  expect(told(await ask(token))).toEqual([410, 'LINK_INVALID'])
  expect(told(await ask('A'.repeat(43)))).toEqual([410, 'LINK_INVALID'])
  expect(told(await ask('short'))).toEqual([400, 'INVALID_REQUEST'])
})

const REFUSALS: [method: string, path: string, body?: unknown][] = [
  ['GET', `${AT}?limit=0`],
  ['GET', `${AT}?cursor=abc`],
  ['GET', `${AT}?email=x`],
  ['POST', AT, {}],
  ['POST', AT, { email: 'nobody' }],
  ['POST', AT, { email: 'ana@example.com', role: 'owner' }],
  ['POST', AT, { email: 'ana@example.com', days: 400 }],
  ['DELETE', `${AT}/x`],
]

test.each(REFUSALS)('%s %s is refused', async (method, path, body) => {
  expect(told(await admin.call(method, path, { body }))).toEqual([400, 'INVALID_REQUEST'])
})
