import type { TabStorage, TextStorage } from './chat/composing/tabStorage.ts'

export interface Timers {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs `callback` once after `milliseconds`; the returned function cancels it. */
  set(callback: () => void, milliseconds: number): () => void
}

/** Each `on…` returns the function that stops listening. */
export interface BrowserEvents {
  /** The tab may have been asleep or offline. It is on the screen, on the network or out of the page cache again. */
  onWake(listener: () => void): () => void
  /** Calls `listener` at once if there is no network, because the page may come from the browser's cache. */
  onOnlineChange(listener: (online: boolean) => void): () => void
  isVisible(): boolean
  /** The page is no longer on the screen. With `isGone` the person left it: it can return only from the page cache. */
  onHide(listener: (isGone: boolean) => void): () => void
  /** Another tab changed a conversation. This is only a hint: losing one may cost time, never text. */
  onHint(listener: (conversationId: string) => void): () => void
  sendHint(conversationId: string): void
}

/** The conversation that the page's address names; `null` is a new one. */
export interface Address {
  read(): string | null
  /** The message of that conversation that the address names, if any. */
  readMessage(): string | null
  write(conversationId: string | null, how: 'push' | 'replace', messageId?: string | null): void
  onChange(listener: () => void): () => void
}

/** Everything the chat needs of the browser. */
export interface Browser {
  /** `path` starts where Riacho is mounted; `PATHS` has them all. */
  fetch(path: string, init: RequestInit): Promise<Response>
  timers: Timers
  /** From 0 up to, but not including, 1. */
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
  /** Whether text flows in evenly: the person wants that, and the page is visible. */
  isSmooth(): boolean
}
