import type { FastifyReply, FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** Known once `ownerOf` was asked; a new owner is the same one for the whole request. */
    ownerId: string | undefined
  }
}

const COOKIE = 'riacho_session'
/** The longest that browsers keep a cookie, in seconds. */
const MAX_AGE = 400 * 24 * 60 * 60

export interface Owners {
  createId(): string
  isErased(ownerId: string): boolean
}

/**
 * The owner that the signed session cookie names. Without a valid one a new owner begins, and the reply sets the cookie.
 */
export function ownerOf(request: FastifyRequest, reply: FastifyReply, owners: Owners): string {
  request.ownerId ??= livingOwner(request, owners) ?? startOwner(request, reply, owners.createId())
  return request.ownerId
}

/** Gives the cookie another 400 days: an owner who keeps coming is never forgotten. */
export function renewOwner(request: FastifyRequest, reply: FastifyReply, owners: Owners): void {
  request.ownerId = startOwner(request, reply, livingOwner(request, owners) ?? owners.createId())
}

/**
 * An answer that was late may have brought back the cookie of an erased owner: the first reading begins a new one. A
 * write does not: the answer that takes the old cookie away, still under way, would take the new one, and what was
 * written could never be reached.
 */
function livingOwner(request: FastifyRequest, { isErased }: Owners): string | undefined {
  const ownerId = knownOwner(request)
  return ownerId && request.method === 'GET' && isErased(ownerId) ? undefined : ownerId
}

/** The owner that the session cookie names, if any; none begins. */
export function knownOwner(request: FastifyRequest): string | undefined {
  const cookie = request.cookies[COOKIE]
  const unsigned = cookie === undefined ? undefined : request.unsignCookie(cookie)
  return (unsigned?.valid && unsigned.value) || undefined
}

/** Takes the cookie away: the next request begins a new owner. */
export function forgetOwner(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('set-cookie', request.server.serializeCookie(COOKIE, '', cookieOptions(request, 0)))
}

function startOwner(request: FastifyRequest, reply: FastifyReply, ownerId: string): string {
  // As a header, not by `setCookie`: that one waits for a hook that a stream, being hijacked, never reaches.
  const value = request.server.signCookie(ownerId)
  reply.header('set-cookie', request.server.serializeCookie(COOKIE, value, cookieOptions(request, MAX_AGE)))
  return ownerId
}

function cookieOptions({ protocol }: FastifyRequest, maxAge: number) {
  return { httpOnly: true, sameSite: 'lax', secure: protocol === 'https', path: '/', maxAge } as const
}
