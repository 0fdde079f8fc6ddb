import type { Browser } from './browser.ts'
import { type ChatClient, createClientOver } from './chat/chatClient.ts'
import { currentOf } from './chat/chatState.ts'
import { joinText } from './chat/composing/composed.ts'
import type { OwnerId } from './ownerScope.ts'
import type { OpenHubLink } from './streams/hubProtocol.ts'
import { type Identity, identityOf, type TokenSource, unauthenticated, withToken } from './token.ts'

/*
 * A chat client that speaks for one owner at a time. It is
 *   unnamed   the first token is not known yet. Text that is typed is shown; everything else waits.
 *   named     one client of one owner works. When a token is another person's, that client is stopped and forgotten, and
 *             a new one of the new owner takes its place. A request of the old one is never sent with the new token.
 */

/** Milliseconds between tries to learn the first token. */
const ASK_AGAIN_DELAY = 3_000

export interface OwnedClientOptions {
  /** Without it, cookies say who asks. */
  token: TokenSource | undefined
  /** The name of the owner, if the app gives one. */
  owner: string | undefined
  /** The browser as an owner has it, with storage of the owner alone. Without `isKept` nothing outlives the client. */
  browserOf(owner: OwnerId, isKept: boolean): Browser
  /** How tabs of that owner share streams. `browser` adds the token. */
  linksOf(browser: Browser, owner: OwnerId, isKept: boolean): readonly OpenHubLink[]
}

export interface OwnedClient extends ChatClient {
  /** How often the owner has changed. */
  ownerChanges(): number
}

/** Creates a client whose owner is the one that each token names. It does nothing until `start`. */
export function createOwnedClient(options: OwnedClientOptions): OwnedClient {
  const owned = new Owned(options)
  const delegates = Object.fromEntries(
    OPERATIONS.map(name => [name, (...args: unknown[]) => owned.run(name, args)]),
  ) as unknown as ChatClient
  return {
    ...delegates,
    getState: owned.getState,
    subscribe: owned.subscribe,
    start: owned.start,
    createSearch: owned.createSearch,
    ownerChanges: () => owned.changes,
  }
}

type Operation = Exclude<keyof ChatClient, 'getState' | 'subscribe' | 'start' | 'createSearch'>

const OPERATIONS = Object.keys({
  open: 1,
  forgetJumpTarget: 1,
  refresh: 1,
  loadMore: 1,
  showArchived: 1,
  chooseAssistant: 1,
  chooseTemporary: 1,
  setDraft: 1,
  setAttachments: 1,
  upload: 1,
  retryUpload: 1,
  cancelUpload: 1,
  send: 1,
  sendQueued: 1,
  removeQueued: 1,
  edit: 1,
  setEdited: 1,
  cancelEdit: 1,
  saveEdit: 1,
  stop: 1,
  retry: 1,
  continueReply: 1,
  decide: 1,
  chooseSibling: 1,
  fork: 1,
  rate: 1,
  rename: 1,
  setStatus: 1,
  setPinned: 1,
  dismissReadNotice: 1,
  setArchived: 1,
  remove: 1,
  restore: 1,
  forgetRemoved: 1,
  eraseAll: 1,
  forgetDrafts: 1,
  readAssistants: 1,
  readFile: 1,
  call: 1,
  setNotice: 1,
  dismissNotice: 1,
  dismissBuffering: 1,
} satisfies Record<Operation, 1>) as Operation[]

/** Stands in until the first token is known. */
const UNNAMED: Identity = { key: '', owner: null, isKept: false }

class Owned {
  changes = 0
  readonly #options: OwnedClientOptions
  readonly #listeners = new Set<() => void>()
  readonly #searches = new Set<ReturnType<ChatClient['createSearch']>>()
  /** `null` while unnamed. */
  #identity: Identity | null
  #client: ChatClient
  #isStarted = false
  #stopClient = () => {}
  /** Operations that wait for the first token. */
  #waiting: (() => void)[] = []
  #cancelAsk = () => {}

  constructor(options: OwnedClientOptions) {
    this.#options = options
    const { token, owner } = options
    const isUnnamed = typeof token === 'function' && owner === undefined
    this.#identity = isUnnamed ? null : identityOf(typeof token === 'function' ? '' : token, owner)
    this.#client = this.#clientOf(this.#identity ?? UNNAMED)
    this.#client.subscribe(this.#tell)
  }

  readonly getState = () => this.#client.getState()

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly start = (): (() => void) => {
    this.#isStarted = true
    if (this.#identity) this.#stopClient = this.#client.start()
    else void this.#learnOwner()
    return () => {
      this.#isStarted = false
      this.#cancelAsk()
      this.#stopClient()
    }
  }

  /** A search that ends when the owner changes. */
  readonly createSearch: ChatClient['createSearch'] = () => {
    const search = this.#client.createSearch()
    this.#searches.add(search)
    return search
  }

  run(name: Operation, args: unknown[]): unknown {
    const client = this.#client
    const operate = client[name] as (...args: unknown[]) => unknown
    if (this.#identity) return operate(...args)
    if (name === 'setDraft' || name === 'setAttachments') return operate(...args)
    return new Promise(resolve => this.#waiting.push(() => resolve(this.run(name, args))))
  }

  #clientOf({ key, owner, isKept }: Identity): ChatClient {
    const real = this.#options.browserOf(owner, isKept)
    const browser: Browser = { ...real, fetch: (path, init) => this.#fetchFor(key, real, [path, init]) }
    return createClientOver(browser, this.#options.linksOf(browser, owner, isKept))
  }

  /** Makes a request for the owner with that `key`. Throws if the owner is another one by now. */
  async #fetchFor(key: string, real: Browser, [path, init]: [string, RequestInit]): Promise<Response> {
    // What was made before the owner had a name, such as a search, goes on with it.
    const asked = key === UNNAMED.key && this.#identity ? this.#identity.key : key
    const token = await this.#tokenFor(asked)
    if (token === null) return unauthenticated()
    const response = await real.fetch(path, withToken(init, token))
    if (response.status !== 401 || typeof this.#options.token !== 'function') return response
    const next = await this.#tokenFor(asked)
    return next === null || next === token ? response : real.fetch(path, withToken(init, next))
  }

  async #tokenFor(key: string): Promise<string | null | undefined> {
    const { token: source, owner } = this.#options
    const token = typeof source === 'function' ? await source() : source
    if (key !== this.#identity?.key) throw new Error('the owner has changed')
    const identity = identityOf(token, owner)
    if (identity.key === key) return token
    this.#change(identity)
    throw new Error('the owner has changed')
  }

  async #learnOwner(): Promise<void> {
    const { token } = this.#options
    let isStopped = false
    this.#cancelAsk = () => {
      isStopped = true
    }
    const learnt = await Promise.resolve()
      .then(() => (typeof token === 'function' ? token() : null))
      .catch(() => undefined)
    if (isStopped || this.#identity) return
    if (learnt === undefined) {
      const { timers } = this.#options.browserOf(null, false)
      this.#cancelAsk = timers.set(() => void this.#learnOwner(), ASK_AGAIN_DELAY)
      return
    }
    const typed = currentOf(this.#client.getState())
    this.#change(identityOf(learnt, undefined))
    const { draft, attachments } = currentOf(this.#client.getState())
    if (typed.draft !== '') this.#client.setDraft(joinText(draft, typed.draft))
    if (typed.attachments.length > 0) this.#client.setAttachments([...attachments, ...typed.attachments])
    for (const operate of this.#waiting.splice(0)) operate()
  }

  /** Nothing of the owner before stays in the state or on the screen. */
  #change(identity: Identity): void {
    this.#stopClient()
    for (const search of this.#searches) search.stop()
    this.#searches.clear()
    if (this.#identity) this.changes += 1
    this.#identity = identity
    this.#client = this.#clientOf(identity)
    this.#client.subscribe(this.#tell)
    if (this.#isStarted) this.#stopClient = this.#client.start()
    this.#tell()
  }

  readonly #tell = (): void => {
    for (const listener of this.#listeners) listener()
  }
}
