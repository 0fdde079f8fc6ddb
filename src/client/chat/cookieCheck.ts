import { NEW_OWNER } from '../../protocol/newOwner.ts'
import type { Browser } from '../browser.ts'

/*
 * The server tells when it starts a new owner. It does so once for a browser that is new. If it does so again for a request
 * that was sent after the first answer, the cookie of that answer was not kept: the browser blocks cookies, or something on
 * the way drops them. Every request is then somebody else's, and nothing that is sent can be read again.
 */

/** Watches the answers of a `fetch`. Calls `onDoubt` after the first new owner, and `onLost` once cookies are not kept. */
export function watchCookies(
  fetch: Browser['fetch'],
  { onDoubt, onLost }: { onDoubt(): void; onLost(): void },
): Browser['fetch'] {
  let state: 'unknown' | 'doubted' | 'lost' = 'unknown'
  return async (path, init) => {
    const wasDoubted = state === 'doubted'
    const response = await fetch(path, init)
    if (response.headers.get(NEW_OWNER.name) !== NEW_OWNER.value) return response
    if (state === 'unknown') {
      state = 'doubted'
      onDoubt()
    } else if (wasDoubted && state === 'doubted') {
      state = 'lost'
      onLost()
    }
    return response
  }
}
