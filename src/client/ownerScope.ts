/*
 * What a browser keeps for one owner (drafts, the outbox, the last conversation) and what its tabs tell each other stays
 * with that owner: all names in storage, of channels and of locks begin with the owner's scope.
 */

/** What is kept is kept for an owner; `null` is a visitor, whom the server knows by a cookie. */
export type OwnerId = string | null

/**
 * The beginning of all names that belong to one owner of the Riacho at `base`. It is empty for visitors of a Riacho at the
 * root of the page's own origin, because that is where drafts have always been.
 */
export function scopeOf(base: string, owner: OwnerId): string {
  return base === '' && owner === null ? '' : `riacho:${JSON.stringify([base, owner])}:`
}

/** The owner that a JSON Web Token names, without checking it: the server does. `null` for any other token. */
export function ownerOfToken(token: string): string | null {
  try {
    const payload = token.split('.')[1] ?? ''
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, '+').replace(/_/g, '/')), digit =>
      digit.charCodeAt(0),
    )
    const { iss = null, sub } = JSON.parse(new TextDecoder().decode(bytes)) as {
      iss?: unknown
      sub?: unknown
    }
    return typeof sub === 'string' && sub !== '' ? JSON.stringify([iss, sub]) : null
  } catch {
    return null
  }
}
