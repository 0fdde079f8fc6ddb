import { randomUUID } from 'node:crypto'
import type { Talker } from '../talker.ts'

const NOBODY = () => `${randomUUID()}@example.com`
const TOKEN = 'x'.repeat(43)
const PASSWORD = 'nobody has this one'

const KIND = { id: 'nobody', type: 'public-key' }
const NEW_CREDENTIAL = { ...KIND, response: { clientDataJSON: 'x', attestationObject: 'x' } }
const CREDENTIAL = {
  ...KIND,
  response: { clientDataJSON: 'x', authenticatorData: 'x', signature: 'x', userHandle: 'x' },
}

/** What each call about accounts says, and its refusals, for whom it must change nothing. */
const CALLS = {
  'sign-up': [() => ({ token: TOKEN, password: PASSWORD }), [410, 429]],
  'sign-in': [() => ({ email: NOBODY(), password: PASSWORD }), [401, 429]],
  'sign-up-link': [() => ({ email: NOBODY() }), [403]],
  'reset-link': [() => ({ email: NOBODY() }), [409]],
  reset: [() => ({ token: TOKEN, password: PASSWORD }), [410]],
  'read-link': [() => ({ token: TOKEN }), [410]],
  'confirm-link': [() => undefined, [401]],
  confirm: [() => ({ token: TOKEN }), [401]],
  email: [() => ({ email: NOBODY(), password: PASSWORD }), [401]],
  password: [() => ({ current: PASSWORD, password: PASSWORD }), [401]],
  delete: [() => ({ password: PASSWORD }), [401]],
  'passkeys/options': [() => ({ password: PASSWORD }), [401]],
  passkeys: [() => ({ name: 'nobody', credential: NEW_CREDENTIAL }), [401]],
  // Where the address is a number, there are no passkeys.
  'passkey-options': [() => undefined, [422]],
  'passkey-sign-in': [() => ({ credential: CREDENTIAL }), [401, 429]],
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

/** A visitor has no passkeys. */
export async function drawPasskeys(talker: Talker): Promise<boolean> {
  return drawStranger(talker, 'GET', '/api/chat/account/passkeys', 401)
}

/** A passkey of nobody is unknown. */
export async function drawRemovePasskey(talker: Talker): Promise<boolean> {
  return drawStranger(talker, 'POST', `/api/chat/account/passkeys/${randomUUID()}/delete`, 404)
}

async function drawStranger(
  talker: Talker,
  method: 'GET' | 'POST',
  path: string,
  expected: number,
): Promise<boolean> {
  const { owner } = talker
  const ask = { client: talker.client(owner), mine: owner, ...(method === 'POST' && { body: {} }) }
  const { status, text } = await talker.ask(method, path, ask)
  talker.count('account', status)
  if (status !== expected) talker.history.violation(`${method} ${path}: ${status} ${text}`)
  return true
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

/** Asks about an issuer that nobody has named. */
export function drawIssuer(method: 'GET' | 'POST', action = ''): (talker: Talker) => Promise<boolean> {
  return talker =>
    drawStranger(talker, method, `/api/chat/account/issuers/none${action}`, method === 'GET' ? 302 : 404)
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
