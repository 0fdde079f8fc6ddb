import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import {
  AUDIENCE,
  claims,
  SECRET,
  signWithSecret,
  startTokenHost,
  unsigned,
} from '../../../test/harness/tokenHost.ts'
import { createHostTokens, type HostTokenOptions } from './hostTokens.ts'
import type { RequestFacts } from './requestFacts.ts'

const START = 1_800_000_000_000

/** An authenticator with a clock of its own, and what it logged. */
function openTokens(options: Partial<HostTokenOptions> = {}) {
  const clock = createFakeClock(START)
  const lines: string[] = []
  const logger = pino({ level: 'warn' }, { write: line => void lines.push(line) })
  const tokens = createHostTokens(
    { key: { secret: SECRET }, audience: AUDIENCE, maxAgeSeconds: 3600, ...options },
    { clock, logger },
  )
  return {
    clock,
    tokens,
    lines,
    /** The owner of a request with this header. */
    async ask(authorization: string | undefined) {
      const found = await tokens.identify(requestWith(authorization), 'owner')
      return found && { ...found.identity, giveProof: found.giveProof }
    },
  }
}

function requestWith(authorization: string | undefined): RequestFacts {
  return {
    method: 'GET',
    path: '/',
    basePath: '',
    protocol: 'http',
    host: 'localhost',
    cookies: {},
    header: name => (name === 'authorization' ? authorization : undefined),
    webRequest: () => new Request('http://localhost/'),
  }
}

const good = (changes = {}) => claims(changes, START)
const ANA = { ownerId: 'host:ana', kind: 'host', giveProof: undefined }

test('a token of the host names its person, and a request without a bearer is left to others', async () => {
  const { ask } = openTokens()
  const token = await signWithSecret(good())
  expect(await ask(`Bearer ${token}`)).toEqual(ANA)
  expect(await ask(`bearer   ${token}`)).toEqual(ANA)
  for (const other of [undefined, '', 'Basic YTpi', `Token ${token}`, `Bearers ${token}`])
    expect(await ask(other)).toBeNull()
})

test('a request with a bearer is left to nobody else, whatever the bearer is', () => {
  const { tokens } = openTokens()
  const alone = (value?: string) => tokens.decidesAlone?.(requestWith(value))
  expect(['Bearer x', 'Bearer', 'bearer ', 'BEARER a b'].map(alone)).toEqual([true, true, true, true])
  expect([undefined, 'Basic YTpi', 'Bearerx'].map(alone)).toEqual([false, false, false])
})

const SECONDS = START / 1000
const ACCEPTED: [name: string, changes: object][] = [
  ['a list of audiences', { aud: ['other', AUDIENCE] }],
  ['an end 29 s ago', { exp: SECONDS - 29 }],
  ['a beginning in 30 s', { nbf: SECONDS + 30, iat: SECONDS + 30 }],
  ['an hour', { iat: SECONDS, exp: SECONDS + 3600 }],
  ['an hour, and no beginning', { iat: undefined, exp: SECONDS + 3600 }],
  ['an id of 255 characters', { sub: 'x'.repeat(255) }],
]

test.each(ACCEPTED)('%s is accepted', async (_, changes) => {
  const found = await openTokens().ask(`Bearer ${await signWithSecret(good(changes))}`)
  expect(found?.ownerId).toMatch(/^host:(ana|x{255})$/)
})

const REFUSED: [name: string, claim: string, changes: object][] = [
  ['no audience', 'aud', { aud: undefined }],
  ['another audience', 'aud', { aud: `${AUDIENCE}2` }],
  ['no end', 'exp', { exp: undefined }],
  ['an end 30 s ago', 'exp', { exp: SECONDS - 30 }],
  ['an end that is a text', 'exp', { exp: String(SECONDS + 60) }],
  ['more than an hour', 'exp', { exp: SECONDS + 3631 }],
  ['more than an hour, and no beginning', 'exp', { iat: undefined, exp: SECONDS + 3631 }],
  ['more than an hour, most of it gone', 'exp', { iat: SECONDS - 3600, exp: SECONDS + 60 }],
  ['a beginning in 31 s', 'nbf', { nbf: SECONDS + 31 }],
  ['a beginning in 31 s, said by iat', 'iat', { iat: SECONDS + 31 }],
  ['no person', 'sub', { sub: undefined }],
  ['an empty person', 'sub', { sub: '' }],
  ['a person that is a number', 'sub', { sub: 7 }],
  ['an id of 256 characters', 'sub', { sub: 'x'.repeat(256) }],
  ['an id with a lone surrogate', 'sub', { sub: 'a\ud800' }],
  ['another issuer', 'iss', { iss: 'https://evil.example' }],
  ['no issuer', 'iss', { iss: undefined }],
]

test.each(REFUSED)('%s is refused, and the log names the claim', async (_, claim, changes) => {
  const { ask, lines } = openTokens(claim === 'iss' ? { issuer: 'https://app.example' } : {})
  const token = await signWithSecret(good(changes))
  await expect(ask(`Bearer ${token}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED', details: {} })
  expect(lines.map(line => JSON.parse(line).reason)).toEqual([`the claim ${claim} is not acceptable`])
  expect(lines.join('')).not.toContain(token.slice(0, 20))
})

test('what is not signed with the secret is refused, and the log says so without the token', async () => {
  const { ask, lines } = openTokens()
  const tokens = [
    '',
    'x',
    'a.b.c',
    unsigned(good()),
    await signWithSecret(good(), 'another secret of more than 32 bytes..'),
    await signWithSecret(good(), `${SECRET}${SECRET}`.slice(0, 64), 'HS512'),
    `${await signWithSecret(good())}x`,
  ]
  for (const token of tokens)
    await expect(ask(`Bearer ${token}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED', details: {} })
  const reasons = lines.map(line => JSON.parse(line).reason)
  expect(reasons).toEqual([
    'ERR_JWS_INVALID',
    'ERR_JOSE_ALG_NOT_ALLOWED',
    'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
  ])
  for (const token of tokens.filter(token => token.length > 20))
    expect(lines.join('')).not.toContain(token.slice(0, 20))
})

test('the log says each reason once in a minute', async () => {
  const { ask, lines, clock } = openTokens()
  const refused = () => ask('Bearer x').catch(() => undefined)
  for (const wait of [0, 59_999, 1]) {
    await clock.advance(wait)
    await Promise.all([refused(), refused()])
  }
  expect(lines).toHaveLength(2)
})

describe('with keys at an address', () => {
  test.each(['RS256', 'ES256', 'EdDSA'] as const)('a token signed by %s names its person', async alg => {
    await using host = await startTokenHost()
    const { ask } = openTokens({ key: { jwksUrl: host.jwksUrl } })
    expect(await ask(`Bearer ${await host.sign(good(), alg)}`)).toEqual(ANA)
    await expect(ask(`Bearer ${await host.forge(good(), alg)}`)).rejects.toThrow('UNAUTHENTICATED')
    expect(host.asked).toBe(1)
  })

  test('a public key is no secret, and no signature is none', async () => {
    await using host = await startTokenHost()
    const { ask, lines } = openTokens({ key: { jwksUrl: host.jwksUrl } })
    for (const token of [await host.confuse(good()), unsigned(good()), await signWithSecret(good())])
      await expect(ask(`Bearer ${token}`)).rejects.toThrow('UNAUTHENTICATED')
    expect(lines.map(line => JSON.parse(line).reason)).toEqual(['ERR_JOSE_ALG_NOT_ALLOWED'])
    expect(host.asked).toBe(0)
  })

  test('while they cannot be read everybody is refused, and the address is asked once a second', async () => {
    await using host = await startTokenHost()
    const { ask, lines, clock } = openTokens({ key: { jwksUrl: host.jwksUrl } })
    const token = await host.sign(good())
    host.status = 503
    for (const _ of [1, 2, 3]) await expect(ask(`Bearer ${token}`)).rejects.toThrow('UNAUTHENTICATED')
    expect(host.asked).toBe(1)
    expect(lines.map(line => JSON.parse(line).reason)).toEqual(['the keys of the host cannot be read'])
    host.status = 200
    await clock.advance(1000)
    expect(await ask(`Bearer ${token}`)).toEqual(ANA)
    expect(host.asked).toBe(2)
  })

  test('an address that nobody serves is a refusal, and the log says what failed', async () => {
    const host = await startTokenHost()
    const token = await host.sign(good())
    await host[Symbol.asyncDispose]()
    const { ask, lines } = openTokens({ key: { jwksUrl: host.jwksUrl } })
    await expect(ask(`Bearer ${token}`)).rejects.toThrow('UNAUTHENTICATED')
    expect(lines.join('')).toContain('ECONNREFUSED')
    expect(lines.join('')).not.toContain(token.slice(0, 20))
  })
})
