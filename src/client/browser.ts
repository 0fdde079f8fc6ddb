import type { TabStorage, TextStorage } from './chat/composing/tabStorage.ts'

export interface Timers {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs `callback` once after `milliseconds`; the returned function cancels it. */
  set(callback: () => void, milliseconds: number): () => void
}

/** Each `on…` returns the function that stops listening. */
export interface BrowserEvents {
  /** The tab may have been asleep or cut off: it came back to the screen, to the network, or out of the page cache. */
  onWake(listener: () => void): () => void
  /** Tells at once when there is no network to begin with: the page may come from its own cache. */
  onOnlineChange(listener: (online: boolean) => void): () => void
  isVisible(): boolean
  /** The page was covered by another, or with `isGone` left: it may come back out of the page cache, or never. */
  onHide(listener: (isGone: boolean) => void): () => void
  /** Another tab changed a conversation. A hint only: losing one may cost time, never text. */
  onHint(listener: (conversationId: string) => void): () => void
  sendHint(conversationId: string): void
}

/** The page's address, as far as it names a conversation; `null` is a new one. */
export interface Address {
  read(): string | null
  /** The message of that conversation that the address points at, if it does. */
  readMessage(): string | null
  write(conversationId: string | null, how: 'push' | 'replace', messageId?: string | null): void
  onChange(listener: () => void): () => void
}

/** Everything the chat needs of the browser. */
export interface Browser {
  fetch(path: string, init: RequestInit): Promise<Response>
  timers: Timers
  /** From 0 up to 1. */
  random(): number
  /** A fresh UUID. */
  createId(): string
  /** Outlives the browser window, shared by tabs. */
  localStorage: TextStorage
  tabStorage: TabStorage
  events: BrowserEvents
  address: Address
  /** Runs `callback` before the next frame is painted. */
  nextFrame(callback: () => void): void
  /** Whether text may flow in: the person wants it, and sees it. */
  isSmooth(): boolean
}
