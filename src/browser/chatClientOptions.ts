import type { TokenSource } from '../client/token.ts'
import type { Locale } from '../protocol/locale.ts'

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
  /** The language of greetings and of the server's sentences. Default: that of the browser. */
  locale?: Locale | undefined
}
