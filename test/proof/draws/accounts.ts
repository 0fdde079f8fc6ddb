import { randomUUID } from 'node:crypto'
import type { Talker } from '../talker.ts'

const NOBODY = () => `${randomUUID()}@example.com`
const TOKEN = 'x'.repeat(43)
const PASSWORD = 'nobody has this one'

/** What each call about accounts says, and its refusals, for whom it must change nothing. */
const CALLS = {
  'sign-up': [() => ({ token: TOKEN, password: PASSWORD }), [410, 429]],
  'sign-in': [() => ({ email: NOBODY(), password: PASSWORD }), [401, 429]],
  'sign-up-link': [() => ({ email: NOBODY() }), [403]],
  'reset-link': [() => ({ email: NOBODY() }), [409]],
  reset: [() => ({ token: TOKEN, password: PASSWORD }), [410]],
  'confirm-link': [() => undefined, [401]],
  confirm: [() => ({ token: TOKEN }), [401]],
  email: [() => ({ email: NOBODY(), password: PASSWORD }), [401]],
  password: [() => ({ current: PASSWORD, password: PASSWORD }), [401]],
  delete: [() => ({ password: PASSWORD }), [401]],
} as const satisfies Record<string, readonly [() => object | undefined, readonly number[]]>

/** A visitor asks for something of an account, and is refused. The visitor goes on as before. */
export function drawRefused(action: keyof typeof CALLS): (talker: Talker) => Promise<boolean> {
  return async talker => {
    const [body, refusals] = CALLS[action]
    const { owner } = talker
    const ask = { client: talker.client(owner), mine: owner, body: body() }
    const { status, text } = await talker.ask('POST', `/api/chat/account/${action}`, ask)
    talker.count('account', status)
    if (!(refusals as readonly number[]).includes(status))
      talker.history.violation(`account ${action}: ${status} ${text}`)
    return true
  }
}

/** Nobody is signed in, and a stranger has nothing to sign out of. */
export async function drawAccount(talker: Talker): Promise<boolean> {
  const { owner } = talker
  const { status, text } = await talker.ask('GET', '/api/chat/account', {
    client: talker.client(owner),
    mine: owner,
  })
  talker.count('account', status)
  if (status !== 200 || JSON.parse(text).account !== null)
    talker.history.violation(`account: ${status} ${text}`)
  return true
}

/** Comes from an issuer that nobody has named. */
export function drawIssuer(method: 'GET' | 'POST'): (talker: Talker) => Promise<boolean> {
  return async talker => {
    const [path, expected] =
      method === 'GET'
        ? ['/api/chat/account/issuers/none/callback', 302]
        : ['/api/chat/account/issuers/none', 404]
    const { owner } = talker
    const body = method === 'GET' ? {} : { body: {} }
    const { status, text } = await talker.ask(method, path, {
      client: talker.client(owner),
      mine: owner,
      ...body,
    })
    talker.count('account', status)
    if (status !== expected) talker.history.violation(`account issuer: ${status} ${text}`)
    return true
  }
}

/** Somebody without a session signs out. */
export async function drawSignOut(talker: Talker): Promise<boolean> {
  const { status, text } = await talker.ask('POST', '/api/chat/account/sign-out', {
    client: talker.stranger(),
  })
  talker.count('account', status)
  if (status !== 204) talker.history.violation(`account sign-out: ${status} ${text}`)
  return true
}
