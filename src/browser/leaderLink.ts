import type { Browser } from '../client/browser.ts'
import {
  HUB_NAME,
  type Link,
  type LinkHandlers,
  type OpenLink,
  type ToHub,
  type ToTab,
} from '../client/streams/hubProtocol.ts'
import { createStreamHub, type StreamHub } from '../client/streams/streamHub.ts'

type Posted = { to: 'leader'; from: string; message: ToHub } | { to: string; message: ToTab }

type LeaderBrowser = Pick<Browser, 'fetch' | 'timers' | 'random' | 'createId'>

interface Office {
  hub: StreamHub
  receive(from: string, message: ToHub): void
  resign(): void
}

/**
 * A link to one of the tabs, where there is no shared worker: the tab that holds the lock is the leader and has the
 * hub; the others talk to it over a channel. A tab stands for leader when it first follows something, and until it
 * rests; a leader resigns when it rests and nobody follows anything. When a leader's page goes, the lock passes on,
 * and the next leader begins by telling everybody that it knows nothing. With `steal`, the tab does not wait for the
 * lock but takes it, from a leader that is frozen.
 */
export function leaderLink(browser: LeaderBrowser, steal: boolean): OpenLink {
  return handlers => {
    if (!globalThis.navigator?.locks) return null
    try {
      return openLeaderLink(browser, handlers, steal)
    } catch {
      return null
    }
  }
}

function openLeaderLink(browser: LeaderBrowser, { onMessage, onBroken }: LinkHandlers, steal: boolean): Link {
  const ownId = browser.createId()
  const channel = new BroadcastChannel(HUB_NAME)
  let candidacy: AbortController | null = null
  let office: Office | null = null
  let isResting = true
  let mustSteal = steal

  channel.onmessage = ({ data }: MessageEvent<Posted>) => {
    if ('from' in data) office?.receive(data.from, data.message)
    else if (data.to === ownId || data.to === 'all') onMessage(data.message)
  }

  async function stand() {
    if (candidacy) return
    const own = new AbortController()
    candidacy = own
    const options: LockOptions = mustSteal ? { steal: true } : { signal: own.signal }
    mustSteal = false
    try {
      await navigator.locks.request(HUB_NAME, options, () => lead(own))
    } catch (error) {
      if (candidacy !== own) return
      leave()
      // The new leader may have asked before this one knew, and the answer stayed in this office.
      if (isTheft(error)) onMessage({ type: 'forgotten' })
      else onBroken()
    }
  }

  /** Holds the lock until it resolves. */
  function lead(own: AbortController): Promise<void> {
    if (candidacy !== own) return Promise.resolve()
    return new Promise(resolve => {
      office = openOffice(resolve)
      postTo('all', { type: 'forgotten' })
    })
  }

  function openOffice(resign: () => void): Office {
    const tabs = new Map<string, (message: ToHub) => void>()
    const hub = createStreamHub({ browser, onIdle: () => isResting && leave() })
    return {
      hub,
      resign,
      receive: (from, message) => {
        const receive = tabs.get(from) ?? hub.connect(answer => postTo(from, answer))
        tabs.set(from, receive)
        receive(message)
      },
    }
  }

  function postTo(to: string, message: ToTab) {
    if (to === ownId || to === 'all') queueMicrotask(() => onMessage(message))
    if (to !== ownId) channel.postMessage({ to, message })
  }

  /** Out of office, or out of the queue for it. */
  function leave() {
    candidacy?.abort()
    candidacy = null
    office?.hub.close()
    office?.resign()
    office = null
  }

  return {
    post: message => {
      if (message.type === 'follow') {
        isResting = false
        void stand()
      }
      if (office) office.receive(ownId, message)
      else channel.postMessage({ to: 'leader', from: ownId, message })
    },
    rest: () => {
      isResting = true
      if (!office || office.hub.isIdle()) leave()
    },
    close: () => {
      leave()
      channel.close()
    },
  }
}

/** Another tab took the lock; else the browser gives none. */
function isTheft(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}
