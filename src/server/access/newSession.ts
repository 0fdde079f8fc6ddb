import type { SessionRow } from '../database/schema.ts'
import type { HeaderFields, RequestFacts } from './requestFacts.ts'
import { createToken, hashOf } from './sessionToken.ts'

const PLAIN_COOKIE = 'riacho_session'
/** Browsers take a cookie with this prefix over https alone, and only from the host itself, so that no sibling domain can set it. */
const HOST_COOKIE = `__Host-${PLAIN_COOKIE}`
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

/**
 * What stands in the session cookies of a request, the one that counts most first. Both names are read, because an earlier version gave
 * the plain one over https too, and because an operator may change how people reach the server.
 */
export function sessionCookies({ protocol, cookies }: RequestFacts): string[] {
  const names = protocol === 'https' ? [HOST_COOKIE, PLAIN_COOKIE] : [PLAIN_COOKIE, HOST_COOKIE]
  return names.flatMap(name => cookies[name] ?? [])
}

/** Headers that give a browser the token of its session. */
export function sessionHeaders({ protocol }: RequestFacts, token: string): HeaderFields {
  return protocol === 'https' ? headersOf(HOST_COOKIE, token, true) : headersOf(PLAIN_COOKIE, token, false)
}

/** Headers that make a browser forget the cookie that counts most of those it sent. */
export function forgetSessionHeaders({ protocol, cookies }: RequestFacts): HeaderFields {
  const isSecure = protocol === 'https'
  const isPlain = !isSecure || (cookies[HOST_COOKIE] === undefined && cookies[PLAIN_COOKIE] !== undefined)
  return headersOf(isPlain ? PLAIN_COOKIE : HOST_COOKIE, '', isSecure)
}

function headersOf(name: string, token: string, isSecure: boolean): HeaderFields {
  const attributes = `Max-Age=${token === '' ? 0 : MAX_AGE}; Path=/; HttpOnly${isSecure ? '; Secure' : ''}; SameSite=Lax`
  return { 'set-cookie': `${name}=${token}; ${attributes}` }
}
