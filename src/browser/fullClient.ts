import type { Address, Browser } from '../client/browser.ts'
import type { TextStorage } from '../client/chat/composing/tabStorage.ts'
import { createOwnedClient, type OwnedClient } from '../client/ownedClient.ts'
import { type OwnerId, scopeOf } from '../client/ownerScope.ts'
import type { OpenHubLink } from '../client/streams/hubProtocol.ts'
import { PATHS } from '../protocol/paths.ts'
import type { BrowserOptions } from './browserOptions.ts'
import type { ChatClientOptions } from './chatClientOptions.ts'
import { createBrowser } from './createBrowser.ts'
import { createHeadlessBrowser, createId } from './headlessBrowser.ts'
import { leaderLink } from './leaderLink.ts'

/** The client of `createChatClient`, with everything that the components use. */
export interface FullClient extends OwnedClient {
  /** The address of a stored file. `null`: requests with a token alone get its bytes. */
  urlOfFile(fileId: string): string | null
}

export function createFullClient(options: ChatClientOptions): FullClient {
  const base = baseOf(options.baseUrl ?? '')
  const hasPage = typeof document !== 'undefined'
  const addressOf = addressesFrom(options)
  const fetchUrl = inLanguage(options)
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
  const { token, owner } = options
  return {
    ...createOwnedClient({ token, owner, browserOf, linksOf }),
    urlOfFile: fileId => (token === undefined ? base + PATHS.file(fileId) : null),
  }
}

/** The `fetch` of the options, with their language. */
function inLanguage({ fetch: given, locale }: ChatClientOptions): BrowserOptions['fetch'] {
  const fetchUrl = given ?? ((url: string, init: RequestInit) => globalThis.fetch(url, init))
  if (!locale) return fetchUrl
  return (url, init) => {
    const headers = { ...(init.headers as Record<string, string>), 'accept-language': locale }
    return fetchUrl(url, { ...init, headers })
  }
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
