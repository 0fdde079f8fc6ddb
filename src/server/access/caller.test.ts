import { expect, test } from 'vitest'
import { RiachoError } from '../../protocol/errors.ts'
import { type Authenticator, createCallers } from './caller.ts'
import type { RequestFacts } from './requestFacts.ts'

const request: RequestFacts = {
  method: 'GET',
  path: '/',
  protocol: 'http',
  host: 'localhost',
  cookies: {},
  header: () => undefined,
}

const nobody: Authenticator = { identify: async () => null }

function always(ownerId: string): Authenticator {
  return {
    identify: async () => ({ identity: { ownerId, kind: 'visitor' }, headers: { 'x-proof': ownerId } }),
    forgetHeaders: () => ({ [`x-forget-${ownerId}`]: 'yes' }),
  }
}

test('the first way in which somebody is identified counts', async () => {
  const callers = createCallers([nobody, always('a'), always('b')])
  expect(await callers.decide(request, { access: 'owner', locale: 'es' })).toEqual({
    caller: { ownerId: 'a', kind: 'visitor', locale: 'es' },
    headers: { 'x-proof': 'a' },
  })
})

test('a route for anybody asks nobody who they are', async () => {
  const callers = createCallers([always('a')])
  expect(await callers.decide(request, { access: 'anybody', locale: 'en' })).toEqual({ caller: undefined })
})

test('where nobody is identified, a route for an owner refuses, and one for a known owner goes on without', async () => {
  const callers = createCallers([nobody])
  expect(await callers.decide(request, { access: 'known', locale: 'en' })).toEqual({ caller: undefined })
  for (const access of ['owner', 'page'] as const) {
    await expect(callers.decide(request, { access, locale: 'en' })).rejects.toEqual(
      new RiachoError('UNAUTHENTICATED'),
    )
  }
})

test('a client that is to forget loses every proof', () => {
  const callers = createCallers([always('a'), nobody, always('b')])
  expect(callers.forgetHeaders(request)).toEqual({ 'x-forget-a': 'yes', 'x-forget-b': 'yes' })
})
