import { type OwnerId, ownerOfToken } from './ownerScope.ts'

/**
 * A bearer token, or a function that gives the present one. It is called for each request, and again after a 401. `null`
 * says that nobody is signed in: then nothing is sent.
 */
export type TokenSource = string | (() => string | null | Promise<string | null>)

/** For whom a client speaks. */
export interface Identity {
  /** Differs between any two people. */
  key: string
  owner: OwnerId
  /** Drafts and the outbox outlive the page, because the owner has a name. */
  isKept: boolean
}

/** Cookies say who asks, or the app that mounts Riacho does. */
const VISITOR: Identity = { key: 'visitor', owner: null, isKept: true }
const NOBODY: Identity = { key: 'nobody', owner: null, isKept: false }

/**
 * Whom a token stands for; `undefined` is a client without tokens. `owner` is the name that the app gives. Without it, a
 * token that names nobody stands for somebody new, because two people must never be taken for one.
 */
export function identityOf(token: string | null | undefined, owner: string | undefined): Identity {
  if (token === null) return NOBODY
  const name = owner ?? (token === undefined ? null : ownerOfToken(token))
  if (name !== null) return { key: `owner ${name}`, owner: name, isKept: true }
  return token === undefined ? VISITOR : { key: `token ${token}`, owner: null, isKept: false }
}

/** The options of a request with a token, and without cookies. */
export function withToken(init: RequestInit, token: string | null | undefined): RequestInit {
  if (typeof token !== 'string') return init
  const headers = { ...(init.headers as Record<string, string>), authorization: `Bearer ${token}` }
  return { ...init, credentials: 'omit', headers }
}

/** What a server answers to somebody whom it does not know. */
export function unauthenticated(): Response {
  return new Response('{"code":"UNAUTHENTICATED"}', { status: 401 })
}
