import { describe, expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { temporaryFolder } from '../../../test/harness/folder.ts'
import { silentLogger } from '../../../test/harness/log.ts'
import { RiachoError } from '../../protocol/errors.ts'
import type { Database } from '../database/database.ts'
import { markErased } from '../database/owners.ts'
import type { SessionRow } from '../database/schema.ts'
import { eraseSessions, revokeSessions } from '../database/sessions.ts'
import { openSqlite } from '../database/sqlite/open.ts'
import { createKnownSessions } from './knownTokens.ts'
import type { RequestFacts } from './requestFacts.ts'
import { createSessions } from './sessions.ts'
import { hashOf } from './sessionToken.ts'

const SECRET = 'a secret of at least thirty-two characters'
/** The owner and the cookie that an earlier version signed with `SECRET`. */
const SIGNED_OWNER = 'owner-7'
const SIGNED = 'owner-7.7uAts2qmVZqDOUocvCq579Yj0j1lpbXbEsOFgYqwRi0'
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

type Access = 'owner' | 'page' | 'known'
type Asking = Partial<RequestFacts> & { cookie?: string | undefined; userAgent?: string }

function requestFacts({ cookie, userAgent, ...facts }: Asking = {}): RequestFacts {
  return {
    method: 'GET',
    path: '/',
    basePath: '',
    protocol: 'http',
    host: 'localhost',
    cookies: { riacho_session: cookie },
    header: name => (name === 'user-agent' ? userAgent : undefined),
    webRequest: () => new Request('http://localhost/'),
    ...facts,
  }
}

const unavailable = () => Promise.reject(new RiachoError('STORAGE_UNAVAILABLE'))

/** Sessions over a database of their own. Owners and sessions are numbered as they begin. */
async function openSessions() {
  const folder = await temporaryFolder()
  const database = await openSqlite(`${folder.path}/riacho.db`, silentLogger)
  const clock = createFakeClock()
  let next = 1
  const createId = () => `id-${next++}`
  const access = ({ secret = SECRET, oldSecret = undefined as string | undefined, isFull = false } = {}) => {
    const known = createKnownSessions({
      queries: database.queries,
      steadyTime: clock.now,
      clock,
      requireTrust() {},
    })
    const full: Pick<Database, 'write' | 'writeFor'> = { write: unavailable, writeFor: unavailable }
    const sessions = createSessions({
      secret,
      oldSecret,
      database: { ...database, ...(isFull && full) },
      known,
      createId,
      visitors: 'everybody',
      steadyTime: clock.now,
      logger: silentLogger,
    })
    return { known, sessions }
  }
  const { known, sessions } = access()
  /** Asks, and takes what the answer would carry. */
  async function ask(asking: Asking, route: Access, by = sessions) {
    const found = await by.identify(requestFacts(asking), route)
    const headers = await found?.giveProof?.()
    const setCookie = headers?.['set-cookie']
    return {
      ...found?.identity,
      headers,
      setCookie,
      cookie: /riacho_session=([^;]+)/.exec(setCookie ?? '')?.[1],
    }
  }
  return {
    clock,
    database,
    known,
    sessions,
    access,
    ask,
    ownerOf: async (cookie: string | undefined) => (await ask({ cookie }, 'known')).ownerId,
    row: (cookie: string | undefined): Promise<SessionRow | undefined> =>
      database.queries
        .selectFrom('sessions')
        .selectAll()
        .where('token_hash', '=', hashOf(cookie ?? ''))
        .executeTakeFirst(),
    count: async () => (await database.queries.selectFrom('sessions').select('id').execute()).length,
    /** What is noted in the background is stored. */
    noted: () => database.write('process', async () => {}),
    async [Symbol.asyncDispose]() {
      await database.write('process', async () => {})
      await database.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

test('a request without a cookie begins a visitor, and one with its cookie is the same visitor', async () => {
  await using world = await openSessions()
  const begun = await world.ask({}, 'owner')
  expect(begun).toMatchObject({ ownerId: 'id-1', kind: 'visitor', sessionId: 'id-2' })
  expect(await world.ask({ cookie: begun.cookie }, 'owner')).toMatchObject({
    ownerId: 'id-1',
    sessionId: 'id-2',
    headers: undefined,
  })
})

test('a request that turns out to be invalid stores nothing', async () => {
  await using world = await openSessions()
  await world.sessions.identify(requestFacts(), 'owner')
  expect(await world.count()).toBe(0)
})

test('only the hash of a token is stored, with the beginning of the User-Agent', async () => {
  await using world = await openSessions()
  const userAgent = `${'a'.repeat(199)}\u{1F30A}`
  const { cookie } = await world.ask({ userAgent }, 'owner')
  const row = await world.row(cookie)
  expect(row?.device).toBe(`${'a'.repeat(199)}\uFFFD`)
  expect(JSON.stringify(row)).not.toContain(cookie)
})

test('the cookie is for this site only and for no script, and Secure over https', async () => {
  await using world = await openSessions()
  expect((await world.ask({}, 'owner')).setCookie).toMatch(
    /^riacho_session=[\w-]{43}; Max-Age=34560000; Path=\/; HttpOnly; SameSite=Lax$/,
  )
  // Browsers refuse this name without `Secure` and `Path=/`, and with a `Domain`.
  expect((await world.ask({ protocol: 'https' }, 'owner')).setCookie).toMatch(
    /^__Host-riacho_session=[\w-]{43}; Max-Age=34560000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  )
})

test('over https a cookie of an earlier version is good until a page replaces it, by one that no other host can set', async () => {
  await using world = await openSessions()
  const https = (cookies: RequestFacts['cookies']) => ({ protocol: 'https', cookies })
  const { cookie: old, ownerId } = await world.ask({}, 'owner')
  expect(await world.ask(https({ riacho_session: old }), 'page')).toMatchObject({
    ownerId,
    headers: undefined,
  })
  await world.clock.advance(8 * DAY)
  const { cookie: next, setCookie } = await world.ask(https({ riacho_session: old }), 'page')
  expect(setCookie).toMatch(/^__Host-riacho_session=/)
  // The browser keeps both.
  const both = { riacho_session: old, '__Host-riacho_session': next }
  expect(await world.ask(https(both), 'owner')).toMatchObject({ ownerId, headers: undefined })
  await world.noted()
  await world.clock.advance(6 * MINUTE)
  expect(await world.ask(https(both), 'owner')).toMatchObject({ ownerId, headers: undefined })
})

test('over https the cookie of another host never wins over our own, and over http nobody is signed out', async () => {
  await using world = await openSessions()
  const [own, foreign] = [await world.ask({}, 'owner'), await world.ask({}, 'owner')]
  const cookies = { riacho_session: foreign.cookie, '__Host-riacho_session': own.cookie }
  expect(await world.ask({ protocol: 'https', cookies }, 'owner')).toMatchObject({ ownerId: own.ownerId })
  const alone = { '__Host-riacho_session': own.cookie }
  expect(await world.ask({ cookies: alone }, 'owner')).toMatchObject({ ownerId: own.ownerId })
  const dead = { ...alone, riacho_session: 'A'.repeat(43) }
  expect(await world.ask({ cookies: dead }, 'owner')).toMatchObject({ ownerId: own.ownerId })
})

test('a cookie that we did not give proves nobody', async () => {
  await using world = await openSessions()
  const [value = '', signature = ''] = SIGNED.split('.')
  const { cookie = '' } = await world.ask({}, 'owner')
  const forged = [
    '',
    '.',
    value,
    `${value}.`,
    `.${signature}`,
    `owner-2.${signature}`,
    `${value}.${'A'.repeat(43)}`,
    'A'.repeat(43),
    hashOf(cookie),
    `${cookie}A`,
  ]
  for (const one of forged) expect(await world.ownerOf(one)).toBeUndefined()
  const { sessions } = world.access({ secret: 'another secret of thirty-two characters' })
  expect(await sessions.identify(requestFacts({ cookie: SIGNED }), 'known')).toBeNull()
})

test('a token costs no query after the first request with it', async () => {
  await using world = await openSessions()
  const { cookie } = await world.ask({}, 'owner')
  const { sessions } = world.access()
  await world.ask({ cookie }, 'known', sessions)
  await world.database.queries.deleteFrom('sessions').execute()
  expect((await world.ask({ cookie }, 'known', sessions)).ownerId).toBe('id-1')
})

test('the use of a token is stored once an hour', async () => {
  await using world = await openSessions()
  const { cookie } = await world.ask({}, 'owner')
  const usedAt = async () => {
    await world.ask({ cookie }, 'known')
    await world.noted()
    return ((await world.row(cookie))?.used_at ?? 0) - world.clock.start
  }
  await world.clock.advance(59 * MINUTE)
  expect(await usedAt()).toBe(0)
  await world.clock.advance(2 * MINUTE)
  expect(await usedAt()).toBe(61 * MINUTE)
  await world.clock.advance(59 * MINUTE)
  expect(await usedAt()).toBe(61 * MINUTE)
})

test('a token ends after 400 days', async () => {
  await using world = await openSessions()
  const { cookie } = await world.ask({}, 'owner')
  await world.clock.advance(400 * DAY - 1)
  expect(await world.ownerOf(cookie)).toBe('id-1')
  await world.clock.advance(1)
  expect(await world.ownerOf(cookie)).toBeUndefined()
})

describe('the cookie of an earlier version', () => {
  test('is still good, also one of the secret before', async () => {
    await using world = await openSessions()
    expect(await world.ownerOf(SIGNED)).toBe(SIGNED_OWNER)
    const secret = 'another secret of thirty-two characters'
    const { sessions } = world.access({ secret, oldSecret: SECRET })
    expect((await world.ask({ cookie: SIGNED }, 'known', sessions)).ownerId).toBe(SIGNED_OWNER)
  })

  test('becomes one session, also if its first requests come at once', async () => {
    await using world = await openSessions()
    const asked = await Promise.all([1, 2, 3].map(() => world.ask({ cookie: SIGNED }, 'owner')))
    expect(new Set(asked.map(({ sessionId }) => sessionId)).size).toBe(1)
    expect(await world.row(SIGNED)).toMatchObject({ id: asked[0]?.sessionId, owner_id: SIGNED_OWNER })
  })

  test('is replaced by the next page, and never comes back', async () => {
    await using world = await openSessions()
    const { cookie, ownerId, sessionId } = await world.ask({ cookie: SIGNED }, 'page')
    expect(ownerId).toBe(SIGNED_OWNER)
    expect(await world.ask({ cookie }, 'known')).toMatchObject({ ownerId: SIGNED_OWNER, sessionId })
    await world.noted()
    await world.clock.advance(5 * MINUTE - 1)
    expect(await world.ownerOf(SIGNED)).toBe(SIGNED_OWNER)
    await world.clock.advance(1)
    expect(await world.ownerOf(SIGNED)).toBeUndefined()
    expect((await world.ask({ cookie: SIGNED }, 'page')).ownerId).not.toBe(SIGNED_OWNER)
    expect(await world.ownerOf(cookie)).toBe(SIGNED_OWNER)
  })

  test('stays revoked', async () => {
    await using world = await openSessions()
    const { sessionId = '' } = await world.ask({ cookie: SIGNED }, 'owner')
    await revoke(world, { ownerId: SIGNED_OWNER, id: sessionId })
    expect(await world.ownerOf(SIGNED)).toBeUndefined()
    for (const method of ['GET', 'POST'])
      expect((await world.ask({ cookie: SIGNED, method }, 'owner')).ownerId).not.toBe(SIGNED_OWNER)
    expect(await world.ask({ cookie: SIGNED }, 'owner', world.access().sessions)).not.toMatchObject({
      ownerId: SIGNED_OWNER,
    })
  })
})

type World = Awaited<ReturnType<typeof openSessions>>

async function revoke({ database, known, clock }: World, which: { ownerId: string; id: string }) {
  const changes = await database.writeFor(which.ownerId, 'power', queries =>
    revokeSessions(queries, { ...which, at: clock.now() }),
  )
  known.learn(changes)
  return changes
}

describe('a page', () => {
  test('leaves a young token as it is', async () => {
    await using world = await openSessions()
    const { cookie } = await world.ask({}, 'page')
    await world.clock.advance(7 * DAY)
    expect((await world.ask({ cookie }, 'page')).setCookie).toBeUndefined()
  })

  test('replaces a token of more than 7 days, and the session stays', async () => {
    await using world = await openSessions()
    const first = await world.ask({}, 'page')
    await world.clock.advance(7 * DAY + 1)
    const second = await world.ask({ cookie: first.cookie }, 'page')
    expect(second.cookie).toMatch(/^[\w-]{43}$/)
    expect(second).toMatchObject({ ownerId: first.ownerId, sessionId: first.sessionId })
    expect(second.headers?.['riacho-owner']).toBeUndefined()
    expect(await world.ask({ cookie: second.cookie }, 'known')).toMatchObject({ sessionId: first.sessionId })
    await world.noted()
    await world.clock.advance(5 * MINUTE)
    expect(await world.ownerOf(first.cookie)).toBeUndefined()
    expect(await world.ownerOf(second.cookie)).toBe(first.ownerId)
  })

  test('whose answer is lost takes nothing away', async () => {
    await using world = await openSessions()
    const { cookie, ownerId } = await world.ask({}, 'page')
    await world.clock.advance(8 * DAY)
    await world.ask({ cookie }, 'page')
    await world.clock.advance(2 * DAY)
    expect(await world.ownerOf(cookie)).toBe(ownerId)
    const next = await world.ask({ cookie }, 'page')
    expect(await world.ownerOf(next.cookie)).toBe(ownerId)
  })

  test('in two tabs at once signs nobody out, whichever answer the browser keeps', async () => {
    await using world = await openSessions()
    const { cookie, ownerId } = await world.ask({}, 'page')
    await world.clock.advance(8 * DAY)
    const one = await world.ask({ cookie }, 'page')
    expect((await world.ask({ cookie }, 'page')).setCookie).toBeUndefined()
    await world.clock.advance(10_000)
    const other = await world.ask({ cookie }, 'page')
    for (const tab of [one, other, one]) expect(await world.ownerOf(tab.cookie)).toBe(ownerId)
    await world.noted()
    await world.clock.advance(DAY)
    for (const tab of [one, other]) expect(await world.ownerOf(tab.cookie)).toBe(ownerId)
    expect(await world.ownerOf(cookie)).toBeUndefined()
  })

  test('of a session that is revoked at the same moment gives it no new token', async () => {
    await using world = await openSessions()
    const { cookie, ownerId = '', sessionId = '' } = await world.ask({}, 'page')
    await world.clock.advance(8 * DAY)
    const found = await world.sessions.identify(requestFacts({ cookie }), 'page')
    await revoke(world, { ownerId, id: sessionId })
    expect(await found?.giveProof?.()).toEqual({})
    expect(await world.count()).toBe(1)
  })
})

test('a revoked session is nobody, with every token that it has', async () => {
  await using world = await openSessions()
  const { cookie, ownerId = '', sessionId = '' } = await world.ask({}, 'page')
  await world.clock.advance(8 * DAY)
  const next = await world.ask({ cookie }, 'page')
  expect(await revoke(world, { ownerId, id: sessionId })).toHaveLength(2)
  for (const one of [cookie, next.cookie]) {
    expect(await world.ownerOf(one)).toBeUndefined()
    for (const method of ['GET', 'POST'])
      expect((await world.ask({ cookie: one, method }, 'owner')).headers?.['riacho-owner']).toBe('new')
  }
})

describe('with the cookie of an erased owner', () => {
  async function erased(isSigned: boolean) {
    const world = await openSessions()
    const { cookie = SIGNED, ownerId = '' } = await world.ask(isSigned ? { cookie: SIGNED } : {}, 'owner')
    const changes = await world.database.write('power', async queries => {
      await markErased(queries, { ownerId, at: 1 })
      return eraseSessions(queries, { ownerId, at: world.clock.now() })
    })
    world.known.learn(changes)
    return { world, cookie, ownerId }
  }

  test.each([true, false])('a GET begins a new owner (signed: %s)', async isSigned => {
    const { world, cookie, ownerId } = await erased(isSigned)
    await using _ = world
    for (const access of ['owner', 'page'] as const) {
      const asked = await world.ask({ cookie }, access)
      expect(asked.ownerId).not.toBe(ownerId)
      expect(asked.headers?.['riacho-owner']).toBe('new')
    }
  })

  test.each([true, false])(
    'a write begins none, because the answer that removes the cookie may still be under way (signed: %s)',
    async isSigned => {
      const { world, cookie, ownerId } = await erased(isSigned)
      await using _ = world
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
        expect(await world.ask({ cookie, method }, 'owner')).toMatchObject({ ownerId, headers: undefined })
      expect((await world.ask({ cookie, method: 'DELETE' }, 'known')).ownerId).toBe(ownerId)
    },
  )

  test('a signed one counts no more once its row is deleted', async () => {
    const { world, ownerId } = await erased(true)
    await using _ = world
    await world.database.queries.deleteFrom('sessions').execute()
    expect((await world.ask({ cookie: SIGNED }, 'owner')).ownerId).not.toBe(ownerId)
    expect(await world.ask({ cookie: SIGNED, method: 'POST' }, 'owner')).toMatchObject({ ownerId })
  })
})

describe('while nothing can be stored', () => {
  test('a read goes on without a cookie, and a write is refused', async () => {
    await using world = await openSessions()
    const { sessions } = world.access({ isFull: true })
    for (const access of ['owner', 'page'] as const)
      expect((await world.ask({}, access, sessions)).headers).toEqual({})
    await expect(world.ask({ method: 'POST' }, 'owner', sessions)).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
    })
  })

  test('an old token is not replaced, and is good', async () => {
    await using world = await openSessions()
    const { cookie, ownerId } = await world.ask({}, 'page')
    await world.clock.advance(8 * DAY)
    const { sessions } = world.access({ isFull: true })
    expect(await world.ask({ cookie }, 'page', sessions)).toMatchObject({ ownerId, headers: {} })
  })
})

test('while nothing can be read, a page comes without an owner, and everything else is refused', async () => {
  await using world = await openSessions()
  const { cookie } = await world.ask({}, 'owner')
  const { known, sessions } = world.access()
  known.find = unavailable
  expect(await sessions.identify(requestFacts({ cookie }), 'page')).toBeNull()
  await expect(sessions.identify(requestFacts({ cookie }), 'owner')).rejects.toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
  })
})

test('forgetting removes the cookie', async () => {
  await using world = await openSessions()
  expect(world.sessions.forgetHeaders?.(requestFacts())).toEqual({
    'set-cookie': 'riacho_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax',
  })
  const https = (cookies: RequestFacts['cookies']) =>
    world.sessions.forgetHeaders?.(requestFacts({ protocol: 'https', cookies }))
  const attributes = 'Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax'
  expect(https({ '__Host-riacho_session': 'x' })?.['set-cookie']).toBe(
    `__Host-riacho_session=; ${attributes}`,
  )
  expect(https({ riacho_session: 'x' })?.['set-cookie']).toBe(`riacho_session=; ${attributes}`)
})

test('an answer says when it begins a new visitor, and only then', async () => {
  await using world = await openSessions()
  const { cookie, headers } = await world.ask({}, 'owner')
  expect(headers?.['riacho-owner']).toBe('new')
  for (const access of ['owner', 'page'] as const)
    expect((await world.ask({ cookie }, access)).headers?.['riacho-owner']).toBeUndefined()
})
