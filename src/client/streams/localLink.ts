import type { Browser } from '../browser.ts'
import type { HubLink, HubLinkHandlers } from './hubProtocol.ts'
import { createStreamHub } from './streamHub.ts'

/** A link to a hub of this tab alone: it shares nothing, and works in every browser. */
export function localLink(
  browser: Pick<Browser, 'fetch' | 'timers' | 'random'>,
): (handlers: HubLinkHandlers) => HubLink {
  return ({ onMessage }) => {
    const hub = createStreamHub({ browser })
    const receive = hub.connect(message => queueMicrotask(() => onMessage(message)))
    return { post: receive, rest: () => {}, close: hub.close }
  }
}
