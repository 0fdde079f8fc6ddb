import { describe, expect, test } from 'vitest'
import type { RequestFacts } from './requestFacts.ts'
import { createSessions } from './sessions.ts'

const SECRET = 'a secret of at least thirty-two characters'

function requestFacts({ cookie, ...facts }: Partial<RequestFacts> & { cookie?: string } = {}): RequestFacts {
  return {
    method: 'GET',
    path: '/',
    basePath: '',
    protocol: 'http',
    host: 'localhost',
    cookies: { riacho_session: cookie },
    header: () => undefined,
    webRequest: () => new Request('http://localhost/'),
    ...facts,
  }
}

/** Owners are numbered as they begin, from `first`. */
function openSessions({
  secret = SECRET,
  oldSecret = undefined as string | undefined,
  erased = '',
  first = 1,
} = {}) {
  let next = first
  const isErased = (ownerId: string) => ownerId === erased
  return createSessions({ secret, oldSecret, isErased, createId: () => `owner-${next++}` })
}

/** The cookie of a new owner. */
async function newCookie(sessions = openSessions()): Promise<string> {
  const found = await sessions.identify(requestFacts(), 'owner')
  return /riacho_session=([^;]+)/.exec(found?.headers?.['set-cookie'] ?? '')?.[1] ?? ''
}

test('a request without a cookie begins a visitor, and one with its cookie is the same visitor', async () => {
  const sessions = openSessions()
  const cookie = await newCookie(sessions)
  expect(await sessions.identify(requestFacts({ cookie }), 'owner')).toEqual({
    identity: { ownerId: 'owner-1', kind: 'visitor' },
  })
})

test('the cookie is for this site only and for no script, and Secure over https', async () => {
  const cookieOver = async (protocol: string) =>
    (await openSessions().identify(requestFacts({ protocol }), 'owner'))?.headers?.['set-cookie']
  expect(await cookieOver('http')).toMatch(
    /^riacho_session=owner-1\.[\w+/]{43}; Max-Age=34560000; Path=\/; HttpOnly; SameSite=Lax$/,
  )
  expect(await cookieOver('https')).toMatch(/; HttpOnly; Secure; SameSite=Lax$/)
})

/** It was made by an earlier version, with a library. */
test('a cookie of an earlier version is still good', async () => {
  const cookie = 'owner-7.7uAts2qmVZqDOUocvCq579Yj0j1lpbXbEsOFgYqwRi0'
  expect((await openSessions().identify(requestFacts({ cookie }), 'owner'))?.identity.ownerId).toBe('owner-7')
})

test('a cookie that we did not sign proves nobody', async () => {
  const cookie = await newCookie()
  const [value = '', signature = ''] = cookie.split('.')
  const forged = [
    '',
    '.',
    'owner-1',
    'owner-1.',
    `.${signature}`,
    `owner-2.${signature}`,
    `${value}.${'A'.repeat(43)}`,
  ]
  for (const one of forged)
    expect(await openSessions().identify(requestFacts({ cookie: one }), 'known')).toBeNull()
  const others = openSessions({ secret: 'another secret of thirty-two characters' })
  expect(await others.identify(requestFacts({ cookie }), 'known')).toBeNull()
})

test('a cookie of the secret before is still good, and the next page signs it with the new one', async () => {
  const cookie = await newCookie()
  const rotated = openSessions({ secret: 'another secret of thirty-two characters', oldSecret: SECRET })
  const found = await rotated.identify(requestFacts({ cookie }), 'page')
  expect(found?.identity.ownerId).toBe('owner-1')
  const renewed = /riacho_session=([^;]+)/.exec(found?.headers?.['set-cookie'] ?? '')?.[1] ?? ''
  const later = openSessions({ secret: 'another secret of thirty-two characters' })
  expect((await later.identify(requestFacts({ cookie: renewed }), 'known'))?.identity.ownerId).toBe('owner-1')
  expect(await later.identify(requestFacts({ cookie }), 'known')).toBeNull()
})

test('a page renews the cookie of its visitor', async () => {
  const sessions = openSessions()
  const cookie = await newCookie(sessions)
  const renewed = await sessions.identify(requestFacts({ cookie }), 'page')
  expect(renewed?.identity.ownerId).toBe('owner-1')
  expect(renewed?.headers?.['set-cookie']).toContain(`riacho_session=${cookie}; Max-Age=34560000;`)
})

describe('with the cookie of an erased owner', () => {
  const sessions = openSessions({ erased: 'owner-1', first: 2 })
  const ownerOf = async (method: string, access: 'owner' | 'page' | 'known') => {
    const cookie = await newCookie()
    return (await sessions.identify(requestFacts({ cookie, method }), access))?.identity.ownerId
  }

  test('a GET begins a new owner', async () => {
    expect(await ownerOf('GET', 'owner')).toBe('owner-2')
    expect(await ownerOf('GET', 'page')).toBe('owner-3')
  })

  test('a write begins none, because the answer that removes the cookie may still be under way', async () => {
    for (const method of ['POST', 'PUT', 'PATCH']) expect(await ownerOf(method, 'owner')).toBe('owner-1')
    expect(await ownerOf('DELETE', 'known')).toBe('owner-1')
  })
})

test('forgetting removes the cookie', () => {
  expect(openSessions().forgetHeaders?.(requestFacts())).toEqual({
    'set-cookie': 'riacho_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax',
  })
})

test('an answer says when it begins a new visitor, and only then', async () => {
  const sessions = openSessions()
  const cookie = await newCookie(sessions)
  const saidOf = async (facts: Parameters<typeof requestFacts>[0], access: 'owner' | 'page') =>
    (await sessions.identify(requestFacts(facts), access))?.headers?.['riacho-owner']
  expect(await saidOf({}, 'owner')).toBe('new')
  expect(await saidOf({ cookie }, 'owner')).toBeUndefined()
  expect(await saidOf({ cookie }, 'page')).toBeUndefined()
})
