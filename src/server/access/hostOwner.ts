import { RiachoError } from '../../protocol/errors.ts'
import type { Authenticator, Identity } from './caller.ts'

/**
 * Who asks, as the host says. A string is the host's id for a person. `null`: a visitor, whom Riacho knows by a cookie
 * of its own. `undefined`: nobody, and the request is refused with 401.
 */
export type HostOwner = string | null | undefined

/** Decides who asks, from a request without its body. It may ask the host's session store. */
export type OwnerOf = (request: Request) => HostOwner | Promise<HostOwner>

const PREFIX = 'host:'
/** The longest id of a person that a host may give, in UTF-16 units. */
const MAX_ID_LENGTH = 255

/** Identifies callers as the host does. Visitors are left to the next authenticator. */
export function createHostAuthenticator(ownerOf: OwnerOf): Authenticator {
  return {
    async identify(request) {
      const owner = await ownerOf(request.webRequest())
      if (owner === undefined) throw new RiachoError('UNAUTHENTICATED')
      return owner === null ? null : { identity: identityOf(owner) }
    },
  }
}

/**
 * The identity that stands for the host's id of a person. The prefix keeps it apart from every visitor. Throws a
 * `TypeError` if `id` is no id, because then the host would mix up people.
 */
export function identityOf(id: unknown): Identity {
  if (!isPersonId(id))
    throw new TypeError(
      `owner must be a well-formed string of 1 to ${MAX_ID_LENGTH} UTF-16 units, or null, or undefined`,
    )
  return { ownerId: `${PREFIX}${id}`, kind: 'host' }
}

/** The host's id of the person who owns something. A visitor, whom the host does not know, has the id of Riacho. */
export function personIdOf(ownerId: string): string {
  return ownerId.startsWith(PREFIX) ? ownerId.slice(PREFIX.length) : ownerId
}

/** Whether a host may call a person so. SQLite stores every lone surrogate as U+FFFD, and would mix up such people. */
export function isPersonId(id: unknown): id is string {
  return typeof id === 'string' && id !== '' && id.length <= MAX_ID_LENGTH && id.isWellFormed()
}
