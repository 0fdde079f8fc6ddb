import { describe, expect, test } from 'vitest'
import type { Database } from '../../src/server/database/database.ts'
import { insertSignIn, takeSignIn } from '../../src/server/database/tools/signIns.ts'
import { createOAuth } from '../../src/server/tools/signIn/oauth.ts'
import { createRegistrations, SIGN_IN_MAX_AGE } from '../../src/server/tools/signIn/registrations.ts'
import { createSeal } from '../../src/server/tools/signIn/seal.ts'
import { bothDatabases } from '../harness/bothDatabases.ts'
import { startProtectedServer } from '../harness/protectedToolServer.ts'
import { throughForms } from '../harness/signInAtIssuer.ts'

const ISSUER = 'https://issuer.example'
const CLIENT = { client_id: 'first' }
const SITE = 'http://localhost:3000'
const MINUTE = 60_000

/** People who sign in at a server, and a time that moves when a test says so. */
function peopleOf(database: Database, redirectUri = `${SITE}/callback`) {
  let now = 1_700_000_000_000
  let count = 0
  const registrationsOf = (ownerId: string) =>
    createRegistrations({
      database,
      seal: createSeal(['secret']),
      clock: { now: () => now },
      steadyTime: () => now,
      server: 'calendar',
      redirectUri,
      ownerId,
    })
  return {
    registrationsOf,
    pass(milliseconds: number) {
      now += milliseconds
    },
    now: () => now,
    /** Begins a sign-in. Gives the registration that is used, and `comeBack`. */
    async leave(ownerId: string) {
      const registrations = registrationsOf(ownerId)
      const used = await registrations.use(ISSUER)
      const key = `key-${++count}`
      const row = { key, owner_id: ownerId, session_id: null, server: 'calendar', sealed: 'x' }
      await database.write('process', each =>
        insertSignIn(each, { ...row, expires_at: now + SIGN_IN_MAX_AGE }, now),
      )
      const comeBack = async () => {
        await database.write('process', each => takeSignIn(each, { key, ownerId, sessionId: undefined, now }))
        if (used) await registrations.proved(ISSUER, used)
      }
      return { used, comeBack }
    },
  }
}

describe.each(Object.entries(bothDatabases().databases))('on %s', (_name, withDatabase) => {
  test('whoever tries again without having come back needs a new registration', () =>
    withDatabase(async database => {
      const { leave, pass, registrationsOf } = peopleOf(database)
      await registrationsOf('ana').store(ISSUER, CLIENT)
      pass(SIGN_IN_MAX_AGE)
      const { comeBack } = await leave('ana')
      await comeBack()
      pass(MINUTE)
      expect((await leave('ana')).used).toEqual(CLIENT)
      pass(MINUTE)
      expect((await leave('bruno')).used, 'somebody else').toEqual(CLIENT)
      expect((await leave('ana')).used, 'the same person').toBeUndefined()
    }))

  test('a registration with which others come back is good for whoever did not', () =>
    withDatabase(async database => {
      const { leave, pass, registrationsOf } = peopleOf(database)
      await registrationsOf('ana').store(ISSUER, CLIENT)
      pass(SIGN_IN_MAX_AGE)
      const [, bruno] = [await leave('ana'), await leave('bruno')]
      pass(MINUTE)
      await bruno.comeBack()
      expect((await leave('ana')).used).toEqual(CLIENT)
      expect((await leave('carla')).used).toEqual(CLIENT)
    }))

  test('a registration with which nobody comes back is used no more', () =>
    withDatabase(async database => {
      const { leave, pass, registrationsOf } = peopleOf(database)
      await registrationsOf('ana').store(ISSUER, CLIENT)
      pass(SIGN_IN_MAX_AGE + 1)
      expect((await leave('bruno')).used).toBeUndefined()
    }))

  test('a registration that has just been made is not doubted', () =>
    withDatabase(async database => {
      const { leave, pass, registrationsOf } = peopleOf(database)
      await registrationsOf('ana').store(ISSUER, CLIENT)
      for (let minute = 0; minute < 9; minute++) {
        pass(MINUTE)
        expect((await leave('ana')).used).toEqual(CLIENT)
      }
    }))

  test('a registration is used no more when its secret ends before a person has to be back', () =>
    withDatabase(async database => {
      const { registrationsOf, pass, now } = peopleOf(database)
      const registrations = registrationsOf('ana')
      const ends = { ...CLIENT, client_secret: 's', client_secret_expires_at: now() / 1000 + 15 * 60 }
      await registrations.store(ISSUER, ends)
      expect(await registrations.use(ISSUER)).toEqual(ends)
      pass(5 * MINUTE)
      expect(await registrations.use(ISSUER)).toBeUndefined()
      const endless = { ...ends, client_secret_expires_at: 0 }
      await registrations.store(ISSUER, endless)
      expect(await registrations.use(ISSUER)).toEqual(endless)
    }))

  test('what an issuer knows no more is forgotten at each address, and nothing else is', () =>
    withDatabase(async database => {
      const here = peopleOf(database).registrationsOf('ana')
      const there = peopleOf(database, 'https://chat.example/callback').registrationsOf('ana')
      await here.store(ISSUER, CLIENT)
      await there.store(ISSUER, { client_id: 'second' })
      // The tokens of a person name the registration, and no address.
      const anywhere = peopleOf(database, '').registrationsOf('ana')
      await anywhere.forget(ISSUER, { client_id: 'third' })
      await anywhere.forget('https://other.example', CLIENT)
      expect(await here.use(ISSUER)).toEqual(CLIENT)
      await anywhere.forget(ISSUER, CLIENT)
      expect(await here.use(ISSUER)).toBeUndefined()
      expect(await there.use(ISSUER)).toEqual({ client_id: 'second' })
    }))

  test('an issuer that has forgotten Riacho lets a person in who tries again', () =>
    withDatabase(async database => {
      await using server = await startProtectedServer(() => {})
      const { registrationsOf, pass, now } = peopleOf(database)
      const address = { url: server.url, headers: {} }
      const facts = { name: 'calendar', isTrusted: false, without: [], timeout: 1000, secrets: [] }
      const oauth = createOAuth({ ...facts, address })
      const begin = async () => {
        const clients = registrationsOf('ana')
        const how = { facts: { redirectUri: `${SITE}/callback` }, state: 'x', clients }
        const { url, begun } = await oauth.begin({}, how)
        const row = { owner_id: 'ana', session_id: null, server: 'calendar', sealed: 'x' }
        await database.write('process', each =>
          insertSignIn(each, { ...row, key: String(now()), expires_at: now() + SIGN_IN_MAX_AGE }, now()),
        )
        const comeBack = async () => {
          const { searchParams } = new URL(await throughForms(url, 'ana', SITE))
          return oauth.finish(begun, searchParams, clients)
        }
        return { url, client: begun.client.client_id, comeBack }
      }
      const first = await begin()
      await first.comeBack()
      await (server.issuer.provider.Client as unknown as Adapted).adapter.destroy(first.client)
      pass(SIGN_IN_MAX_AGE)
      const refused = await begin()
      expect(refused.client).toBe(first.client)
      expect((await fetch(refused.url, { redirect: 'manual' })).status).toBe(400)
      pass(MINUTE)
      const again = await begin()
      expect(again.client).not.toBe(first.client)
      const { client } = await again.comeBack()
      expect(client.client_id).toBe(again.client)
      await oauth.close()
    }))
})

/** Where the issuer keeps its clients. */
interface Adapted {
  adapter: { destroy(id: string): Promise<void> }
}
