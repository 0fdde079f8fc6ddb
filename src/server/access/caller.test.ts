import { expect, test } from 'vitest'
import { RiachoError } from '../../protocol/errors.ts'
import { type Authenticator, createCallers, type Identity, refuseVisitors } from './caller.ts'
import type { RequestFacts } from './requestFacts.ts'

const request: RequestFacts = {
  method: 'GET',
  path: '/',
  basePath: '',
  protocol: 'http',
  host: 'localhost',
  cookies: {},
  header: () => undefined,
  webRequest: () => new Request('http://localhost/'),
}

const nobody: Authenticator = { identify: async () => null }

function always(ownerId: string): Authenticator {
  return {
    identify: async () => ({
      identity: { ownerId, kind: 'visitor' },
      giveProof: async () => ({ 'x-proof': ownerId }),
    }),
    forgetHeaders: () => ({ [`x-forget-${ownerId}`]: 'yes' }),
  }
}

test('the first authenticator that identifies somebody wins', async () => {
  const callers = createCallers([nobody, always('a'), always('b')])
  const { caller, giveProof } = await callers.decide(request, { access: 'owner', locale: 'es' })
  expect(caller).toEqual({ ownerId: 'a', kind: 'visitor', locale: 'es' })
  expect(await giveProof?.()).toEqual({ 'x-proof': 'a' })
})

test('a route for anybody asks nobody who they are', async () => {
  const callers = createCallers([always('a')])
  expect(await callers.decide(request, { access: 'anybody', locale: 'en' })).toEqual({ caller: undefined })
})

test('if nobody is identified, a route for an owner refuses, and others run without one', async () => {
  const callers = createCallers([nobody])
  for (const access of ['known', 'page'] as const)
    expect(await callers.decide(request, { access, locale: 'en' })).toEqual({ caller: undefined })
  await expect(callers.decide(request, { access: 'owner', locale: 'en' })).rejects.toEqual(
    new RiachoError('UNAUTHENTICATED'),
  )
})

test('where nobody may be a visitor, a page comes without an owner, and everything else is refused', async () => {
  const callers = createCallers([nobody, refuseVisitors])
  expect(await callers.decide(request, { access: 'page', locale: 'en' })).toEqual({ caller: undefined })
  for (const access of ['owner', 'known'] as const)
    await expect(callers.decide(request, { access, locale: 'en' })).rejects.toEqual(
      new RiachoError('UNAUTHENTICATED'),
    )
})

test('an authenticator that decides alone keeps the later ones out, also of what is forgotten', async () => {
  const alone: Authenticator = { ...nobody, decidesAlone: ({ path }) => path === '/' }
  const callers = createCallers([alone, always('a')])
  const decide = (path: string) => callers.decide({ ...request, path }, { access: 'known', locale: 'en' })
  expect((await decide('/')).caller).toBeUndefined()
  expect(callers.forgetHeaders(request)).toEqual({})
  expect((await decide('/other')).caller?.ownerId).toBe('a')
  expect(callers.forgetHeaders({ ...request, path: '/other' })).toEqual({ 'x-forget-a': 'yes' })
})

test('forgetting removes every proof', () => {
  const callers = createCallers([always('a'), nobody, always('b')])
  expect(callers.forgetHeaders(request)).toEqual({ 'x-forget-a': 'yes', 'x-forget-b': 'yes' })
})

const refused: Authenticator = {
  async identify() {
    throw new RiachoError('UNAUTHENTICATED')
  },
}

function known(identity: Partial<Identity>): Authenticator {
  return {
    async identify(_request, access) {
      expect(access).toBe('known')
      return { identity: { ownerId: 'a', kind: 'visitor', ...identity } }
    },
  }
}

const isAdministrator = async (accountId: string) => accountId === 'boss'

test('a guest is whoever the request proves, and nobody if the proof is wrong', async () => {
  const ask = async (authenticator: Authenticator) =>
    (await createCallers([authenticator]).decide(request, { access: 'guest', locale: 'en' })).caller
  expect(await ask(known({ kind: 'account', accountId: 'a' }))).toMatchObject({
    accountId: 'a',
    locale: 'en',
  })
  expect(await ask(nobody)).toBeUndefined()
  expect(await ask(refused)).toBeUndefined()
})

test('a route of administrators is unknown to everybody else, whatever they prove', async () => {
  const strangers: Authenticator[] = [
    nobody,
    refused,
    known({}),
    known({ kind: 'host', ownerId: 'host:boss' }),
    known({ kind: 'account', accountId: 'member' }),
    known({ kind: 'visitor', accountId: 'boss' }),
  ]
  for (const stranger of strangers)
    await expect(
      createCallers([stranger], isAdministrator).decide(request, { access: 'admin', locale: 'en' }),
    ).rejects.toEqual(new RiachoError('NOT_FOUND', 'not an administrator'))
})

test('an administrator is let in, and nobody is one by default', async () => {
  const boss = known({ kind: 'account', accountId: 'boss', sessionId: 's' })
  const { caller } = await createCallers([boss], isAdministrator).decide(request, {
    access: 'admin',
    locale: 'en',
  })
  expect(caller).toEqual({ ownerId: 'a', kind: 'account', accountId: 'boss', sessionId: 's', locale: 'en' })
  await expect(createCallers([boss]).decide(request, { access: 'admin', locale: 'en' })).rejects.toThrow(
    'not an administrator',
  )
})

test('if the database cannot be asked, an administrator hears of it', async () => {
  const broken: Authenticator = {
    async identify() {
      throw new RiachoError('STORAGE_UNAVAILABLE')
    },
  }
  await expect(createCallers([broken]).decide(request, { access: 'admin', locale: 'en' })).rejects.toEqual(
    new RiachoError('STORAGE_UNAVAILABLE'),
  )
})
