import { expect, test } from 'vitest'
import type { AuditResponse } from '../../src/protocol/admin/adminResponses.ts'
import { administrator, operate } from '../harness/administrator.ts'
import type { TestClient } from '../harness/client.ts'
import { freePort } from '../harness/freePort.ts'
import { groupCalls } from '../harness/groups.ts'
import { openIssuer } from '../harness/issuer.ts'
import { account } from '../harness/person.ts'
import { startServer } from '../harness/server.ts'
import { signInAtIssuer } from '../harness/signInAtIssuer.ts'

/** A server with its issuer, and an administrator. */
async function openSite() {
  const port = String(await freePort())
  const url = `http://127.0.0.1:${port}`
  const issuer = await openIssuer(url)
  const server = await startServer({
    settings: {
      PORT: port,
      PUBLIC_URL: url,
      OIDC_ISSUERS: issuer.setting,
      OIDC_GROUPS_CLAIM: 'groups',
      OIDC_ADMIN_GROUPS: 'riacho-admins, operations',
    },
  })
  const admin = await administrator(server)
  return {
    server,
    admin,
    /** Somebody comes from the issuer, with these groups. */
    async come(login: string, groups?: string | readonly string[]): Promise<TestClient> {
      const email = `${login}@example.com`
      issuer.people.set(login, { email, email_verified: true, name: login, ...(groups && { groups }) })
      const client = server.client()
      expect(await signInAtIssuer(client, login)).toBe('/')
      expect((await account.read(client)).body.account).toMatchObject({ email })
      return client
    },
    /** The role and the group of a person. */
    rowOf: (login: string) =>
      server.rows(
        `select accounts.role, account_groups.name as "group" from accounts
          left join account_groups on account_groups.id = accounts.group_id where email = ?`,
        `${login}@example.com`,
      )[0],
    /** The last lines of the audit. */
    async lines(limit: number) {
      const { text } = await admin.get(`/api/admin/audit?limit=${limit}`)
      return (JSON.parse(text) as AuditResponse).lines.map(({ action, actor, detail, subjectEmail }) => [
        action,
        actor,
        subjectEmail,
        detail,
      ])
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await issuer[Symbol.asyncDispose]()
    },
  }
}

test('a sign-in gives the group of the same name, the next one another, and one without it none', async () => {
  await using site = await openSite()
  const { admin, come, rowOf, lines } = site
  const calls = groupCalls(admin)
  await calls.make('Vendas', {})
  await calls.make('Compras', {})
  await come('ana', ['unknown', 'Vendas'])
  expect(rowOf('ana')).toEqual({ role: 'member', group: 'Vendas' })
  // Of two, the first by name.
  await come('ana', ['Vendas', 'Compras'])
  expect(rowOf('ana')).toMatchObject({ group: 'Compras' })
  await come('ana', 'Vendas')
  expect(rowOf('ana')).toMatchObject({ group: 'Vendas' })
  await come('ana')
  expect(rowOf('ana')).toMatchObject({ group: null })
  expect(await lines(4)).toEqual([
    ['issuer-group', null, 'ana@example.com', null],
    ['issuer-group', null, 'ana@example.com', 'Vendas'],
    ['issuer-group', null, 'ana@example.com', 'Compras'],
    ['issuer-group', null, 'ana@example.com', 'Vendas'],
  ])
})

test('a value makes an administrator, and who comes without it is none any more, on every open page', async () => {
  await using site = await openSite()
  const { come, lines } = site
  const boss = await come('bia', ['operations'])
  expect((await boss.get('/api/admin/overview')).status).toBe(200)
  expect((await account.read(boss)).body.account).toMatchObject({ role: 'admin' })
  await come('bia', ['somebody'])
  expect((await boss.get('/api/admin/overview')).status).toBe(404)
  expect(await lines(2)).toEqual([
    ['issuer-role', null, 'bia@example.com', 'admin member'],
    ['issuer-role', null, 'bia@example.com', 'member admin'],
  ])
})

test('a role that somebody else gave goes too, and the last administrator keeps it', async () => {
  await using site = await openSite()
  const { server, admin, come, rowOf } = site
  await come('caio')
  await operate(server, operator => operator.makeAdmin('caio@example.com'))
  expect(rowOf('caio')).toMatchObject({ role: 'admin' })
  await come('caio')
  expect(rowOf('caio')).toMatchObject({ role: 'member' })
  await come('caio', ['riacho-admins'])
  const { people } = JSON.parse((await admin.get('/api/admin/people?email=admin@')).text)
  const demoted = await admin.call('PATCH', `/api/admin/accounts/${people[0].account.id}`, {
    body: { role: 'member' },
  })
  expect(demoted.status).toBe(200)
  const last = await come('caio')
  expect(rowOf('caio')).toMatchObject({ role: 'admin' })
  expect((await last.get('/api/admin/overview')).status).toBe(200)
})
