import { isIP } from 'node:net'
import type { RequestFacts } from '../access/requestFacts.ts'

/** For whom a browser makes and uses passkeys. */
export interface RelyingParty {
  /** A host name. Browsers give a passkey to pages of this host and of those below it alone. */
  id: string
  /** The origin of our pages there. */
  origin: string
}

/**
 * Makes the function that says which relying party a request is about: the public address that it came to, or the first one. Without
 * public addresses it is the host that the request names. Nobody gains by naming another one: each passkey is stored with its host, and a
 * browser shows none to a page of another. `undefined`: the address is a number, for which there are no passkeys.
 */
export function createRelyingPartyOf(
  publicUrls: readonly string[],
): (request: RequestFacts) => RelyingParty | undefined {
  const known = publicUrls.map(partyOf)
  return request => {
    if (known.length === 0) return partyOf(`${request.protocol}://${request.host}`)
    const index = publicUrls.indexOf(request.header('origin') ?? '')
    if (index >= 0) return known[index]
    return known.find(party => party && new URL(party.origin).host === request.host) ?? known[0]
  }
}

function partyOf(url: string): RelyingParty | undefined {
  const { hostname: id, origin } = URL.parse(url) ?? { hostname: '', origin: '' }
  return id === '' || id.startsWith('[') || isIP(id) ? undefined : { id, origin }
}
