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

/**
 * The owner that the signed session cookie names. Without a valid one a new owner begins, and the reply sets the cookie.
 */
export function ownerOf(request: FastifyRequest, reply: FastifyReply, createId: () => string): string {
  request.ownerId ??= readOwner(request) ?? startOwner(request, reply, createId())
  return request.ownerId
}

/** Gives the cookie another 400 days: an owner who keeps coming is never forgotten. */
export function renewOwner(request: FastifyRequest, reply: FastifyReply, createId: () => string): void {
  request.ownerId = startOwner(request, reply, readOwner(request) ?? createId())
}

function readOwner(request: FastifyRequest): string | undefined {
  const cookie = request.cookies[COOKIE]
  const unsigned = cookie === undefined ? undefined : request.unsignCookie(cookie)
  return (unsigned?.valid && unsigned.value) || undefined
}

function startOwner(request: FastifyRequest, reply: FastifyReply, ownerId: string): string {
  // As a header, not by `setCookie`: that one waits for a hook that a stream, being hijacked, never reaches.
  const cookie = request.server.serializeCookie(COOKIE, request.server.signCookie(ownerId), {
    httpOnly: true,
    sameSite: 'lax',
    secure: request.protocol === 'https',
    path: '/',
    maxAge: MAX_AGE,
  })
  reply.header('set-cookie', cookie)
  return ownerId
}
