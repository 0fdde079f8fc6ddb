import type { Address, Browser } from '../client/browser.ts'
import type { TextStorage } from '../client/chat/composing/tabStorage.ts'
import { createOwnedClient, type OwnedClient } from '../client/ownedClient.ts'
import { type OwnerId, scopeOf } from '../client/ownerScope.ts'
import { type RiachoClient, riachoClientOver } from '../client/riachoClient.ts'
import type { OpenHubLink } from '../client/streams/hubProtocol.ts'
import type { TokenSource } from '../client/token.ts'
import type { BrowserOptions } from './browserOptions.ts'
import { createBrowser } from './createBrowser.ts'
import { createHeadlessBrowser, createId } from './headlessBrowser.ts'
import { leaderLink } from './leaderLink.ts'

export interface ChatClientOptions {
  /** Where Riacho is mounted: an address, or a path of the page's own origin. Default: the root of that origin. */
  baseUrl?: string | undefined
  /** Default: the global `fetch`. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined
  /**
   * A bearer token, or a function that gives the present one, called for each request; `null` while nobody is signed in.
   * Requests with a token carry no cookies. When the token names another person (`sub` of a JSON Web Token), the client
   * shows nothing of the person before. Without a token, cookies say who asks.
   */
  token?: TokenSource | undefined
  /**
   * The id of the person who is signed in. What a browser keeps (drafts, unsent messages) is kept for that person. Needed
   * if your app's own cookie says who asks, or if tokens have no `sub`.
   */
  owner?: string | undefined
  /** The conversation to open first; `null` is a new one. Default: the one that this tab had open before a reload. */
  conversationId?: string | null | undefined
  /** Names this chat if a page has several, so that each one opens its own conversation after a reload. */
  name?: string | undefined
}

/**
 * Creates a chat client. It does nothing until `start`. In a browser it keeps what is typed over a reload, and shares live
 * replies among tabs. Elsewhere it keeps everything in memory.
 */
export function createChatClient(options: ChatClientOptions = {}): RiachoClient {
  return riachoClientOver(createFullClient(options))
}

/** The client of `createChatClient`, with everything that the components use. */
export function createFullClient(options: ChatClientOptions): OwnedClient {
  const base = baseOf(options.baseUrl ?? '')
  const hasPage = typeof document !== 'undefined'
  const addressOf = addressesFrom(options)
  const fetchUrl = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
  // What is not kept is not shared either, so its names are used by nobody else.
  const scopeFor = (owner: OwnerId, isKept: boolean) => (isKept ? scopeOf(base, owner) : createId())
  const browserOf = (owner: OwnerId, isKept: boolean): Browser => {
    const scope = scopeFor(owner, isKept)
    const browser: BrowserOptions = { base, fetch: fetchUrl, scope, isKept, address: addressOf }
    return hasPage ? createBrowser(browser) : createHeadlessBrowser(browser)
  }
  const linksOf = (browser: Browser, owner: OwnerId, isKept: boolean): OpenHubLink[] => {
    if (!hasPage || !isKept) return []
    const scope = scopeFor(owner, isKept)
    return [leaderLink(browser, false, scope), leaderLink(browser, true, scope)]
  }
  return createOwnedClient({ token: options.token, owner: options.owner, browserOf, linksOf })
}

/** An address without a slash at its end; empty for the root of the page's own origin. */
function baseOf(baseUrl: string): string {
  const isInPage = typeof location !== 'undefined' && location.origin !== 'null'
  const whole = isInPage ? new URL(baseUrl || '/', location.href).href.replace(/[?#].*$/, '') : baseUrl
  const base = whole.replace(/\/+$/, '')
  return isInPage && (base === location.origin || base.startsWith(`${location.origin}/`))
    ? base.slice(location.origin.length)
    : base
}

/** The open conversation is no part of the page's address. It is kept in the storage of the tab, and begins with the option. */
function addressesFrom({ conversationId: first, name = '' }: ChatClientOptions) {
  const key = `riacho.open${name && `.${name}`}`
  let wanted = first
  return (session: TextStorage): Address => ({
    read: () => {
      if (wanted !== undefined) session.write(key, wanted)
      wanted = undefined
      return session.read(key)
    },
    readMessage: () => null,
    write: conversationId => session.write(key, conversationId),
    onChange: () => () => {},
  })
}
