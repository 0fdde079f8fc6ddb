import type { Browser } from '../client/browser.ts'
import {
  HUB_NAME,
  type HubLink,
  type HubLinkHandlers,
  type MessageToHub,
  type MessageToTab,
  type OpenHubLink,
} from '../client/streams/hubProtocol.ts'
import { createStreamHub, type StreamHub } from '../client/streams/streamHub.ts'

/*
 * A link where there is no shared worker: one of the tabs is the leader and has the hub, and the others talk to it over a
 * channel. The leader is the tab that holds the lock. A tab is
 *   resting     it follows nothing and wants no lock
 *   candidate   `candidacy` is set: it waits for the lock, from its first `follow` until it rests
 *   leader      `office` is set, too: it has the lock and the hub
 * A leader resigns when it rests and no tab follows anything. When the leader's page goes, a candidate gets the lock. A new
 * leader first tells all tabs `forgotten`, because its hub knows none of their views.
 */

type Posted = { to: 'leader'; from: string; message: MessageToHub } | { to: string; message: MessageToTab }

type LeaderBrowser = Pick<Browser, 'fetch' | 'timers' | 'random' | 'createId'>

interface Office {
  hub: StreamHub
  receive(from: string, message: MessageToHub): void
  resign(): void
}

/**
 * Links this tab to the leader, which may be this tab itself. With `steal` it takes the lock from the leader at once,
 * because that tab is frozen. Only tabs with the same `scope` are linked.
 */
export function leaderLink(browser: LeaderBrowser, steal: boolean, scope = ''): OpenHubLink {
  return handlers => {
    if (!globalThis.navigator?.locks) return null
    try {
      return new LeaderLink(browser, handlers, { steal, name: scope + HUB_NAME })
    } catch {
      return null
    }
  }
}

class LeaderLink implements HubLink {
  readonly #browser: LeaderBrowser
  readonly #handlers: HubLinkHandlers
  readonly #ownId: string
  /** Of the lock and the channel. */
  readonly #name: string
  readonly #channel: BroadcastChannel
  #candidacy: AbortController | null = null
  #office: Office | null = null
  #isResting = true
  #mustSteal: boolean

  constructor(
    browser: LeaderBrowser,
    handlers: HubLinkHandlers,
    { steal, name }: { steal: boolean; name: string },
  ) {
    this.#name = name
    this.#channel = new BroadcastChannel(name)
    this.#browser = browser
    this.#handlers = handlers
    this.#ownId = browser.createId()
    this.#mustSteal = steal
    this.#channel.onmessage = ({ data }: MessageEvent<Posted>) => {
      if ('from' in data) this.#office?.receive(data.from, data.message)
      else if (data.to === this.#ownId || data.to === 'all') handlers.onMessage(data.message)
    }
  }

  readonly post = (message: MessageToHub): void => {
    if (message.type === 'follow') {
      this.#isResting = false
      void this.#stand()
    }
    if (this.#office) this.#office.receive(this.#ownId, message)
    else this.#channel.postMessage({ to: 'leader', from: this.#ownId, message })
  }

  readonly rest = (): void => {
    this.#isResting = true
    if (!this.#office || this.#office.hub.isIdle()) this.#leave()
  }

  readonly close = (): void => {
    this.#leave()
    this.#channel.close()
  }

  /** Becomes a candidate. */
  async #stand(): Promise<void> {
    if (this.#candidacy) return
    const own = new AbortController()
    this.#candidacy = own
    const options: LockOptions = this.#mustSteal ? { steal: true } : { signal: own.signal }
    this.#mustSteal = false
    try {
      await navigator.locks.request(this.#name, options, () => this.#lead(own))
    } catch (error) {
      if (this.#candidacy !== own) return
      this.#leave()
      // This tab's own hub may have swallowed a `follow` after another tab took the lock: follow again.
      if (isTheft(error)) this.#handlers.onMessage({ type: 'forgotten' })
      else this.#handlers.onBroken()
    }
  }

  /** The tab holds the lock until this resolves. */
  #lead(own: AbortController): Promise<void> {
    if (this.#candidacy !== own) return Promise.resolve()
    return new Promise(resolve => {
      this.#office = this.#openOffice(resolve)
      this.#postTo('all', { type: 'forgotten' })
    })
  }

  #openOffice(resign: () => void): Office {
    const tabs = new Map<string, (message: MessageToHub) => void>()
    const onIdle = () => this.#isResting && this.#leave()
    const hub = createStreamHub({ browser: this.#browser, onIdle: () => void onIdle() })
    return {
      hub,
      resign,
      receive: (from, message) => {
        const receive = tabs.get(from) ?? hub.connect(answer => this.#postTo(from, answer))
        tabs.set(from, receive)
        receive(message)
      },
    }
  }

  #postTo(to: string, message: MessageToTab): void {
    const isForItself = to === this.#ownId || to === 'all'
    if (isForItself) queueMicrotask(() => this.#handlers.onMessage(message))
    if (to !== this.#ownId) this.#channel.postMessage({ to, message })
  }

  /** Resigns, or stops waiting for the lock. */
  #leave(): void {
    this.#candidacy?.abort()
    this.#candidacy = null
    this.#office?.hub.close()
    this.#office?.resign()
    this.#office = null
  }
}

/** Another tab stole the lock. With any other error the browser gives no lock. */
function isTheft(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}
