import type { Browser } from '../browser.ts'
import type { Link, LinkHandlers } from './hubProtocol.ts'
import { createStreamHub } from './streamHub.ts'

/** A link to a hub of this tab alone, where nothing is shared. There always is one. */
export function localLink(
  browser: Pick<Browser, 'fetch' | 'timers' | 'random'>,
): (handlers: LinkHandlers) => Link {
  return ({ onMessage }) => {
    const hub = createStreamHub({ browser })
    const receive = hub.connect(message => queueMicrotask(() => onMessage(message)))
    return { post: receive, rest: () => {}, close: hub.close }
  }
}
