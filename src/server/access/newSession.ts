import type { SessionRow } from '../database/schema.ts'
import type { HeaderFields, RequestFacts } from './requestFacts.ts'
import { createToken, hashOf } from './sessionToken.ts'

export const SESSION_COOKIE = 'riacho_session'
/** The longest time that browsers keep a cookie, in seconds. A token is good for as long. */
const MAX_AGE = 400 * 24 * 60 * 60
/** The most of a `User-Agent` that is stored, in UTF-16 units. */
const MAX_DEVICE = 200

export interface NewSessionOptions {
  createId: () => string
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
}

/** Whose a session is. */
export interface SessionOwner {
  ownerId: string
  /** `null`: a visitor. */
  accountId: string | null
}

/** A session that is not stored yet. `headers` give its token to the browser. */
export interface NewSession {
  row: SessionRow
  headers: HeaderFields
}

/** Makes a session with a token that nobody had before. */
export function newSession(
  request: RequestFacts,
  owner: SessionOwner,
  options: NewSessionOptions,
): NewSession {
  const token = createToken()
  return {
    row: sessionRow(request, { ...owner, tokenHash: hashOf(token) }, options),
    headers: sessionHeaders(request, token),
  }
}

/** The row of a token that begins a session now. */
export function sessionRow(
  request: RequestFacts,
  { ownerId, accountId, tokenHash }: SessionOwner & { tokenHash: string },
  { createId, steadyTime }: NewSessionOptions,
): SessionRow {
  const now = steadyTime()
  return {
    token_hash: tokenHash,
    id: createId(),
    owner_id: ownerId,
    account_id: accountId,
    replaced_hash: null,
    is_confirmed: 1,
    is_kept: 0,
    device: (request.header('user-agent') ?? '').slice(0, MAX_DEVICE).toWellFormed(),
    created_at: now,
    issued_at: now,
    used_at: now,
    expires_at: now + MAX_AGE * 1000,
    revoked_at: null,
    changed_at: null,
  }
}

/** Headers that give a browser the token of its session. An empty token makes it forget. */
export function sessionHeaders({ protocol }: RequestFacts, token: string): HeaderFields {
  const secure = protocol === 'https' ? '; Secure' : ''
  const attributes = `Max-Age=${token === '' ? 0 : MAX_AGE}; Path=/; HttpOnly${secure}; SameSite=Lax`
  return { 'set-cookie': `${SESSION_COOKIE}=${token}; ${attributes}` }
}
