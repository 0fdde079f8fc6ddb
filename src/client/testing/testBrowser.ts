import type { Browser, Timers } from '../browser.ts'
import { createTabStorage, type Locks, type TextStorage } from '../chat/composing/tabStorage.ts'

/** Delays up to this many milliseconds are back-off, and pass at once; longer ones wait for `fire`. */
const LONGEST_BACKOFF = 10_000

export interface TestTimers extends Timers {
  /** Every delay asked for, in order, in milliseconds. */
  delays: number[]
  advance(milliseconds: number): void
  /** Runs what is waiting. */
  fire(): void
}

/** Timers that never wait. With `holdAll`, back-off waits for `fire` too. */
export function createTestTimers({ holdAll = false } = {}): TestTimers {
  const held = new Set<() => void>()
  const delays: number[] = []
  let now = 1_700_000_000_000
  return {
    delays,
    now: () => now,
    set: (callback, milliseconds) => {
      delays.push(milliseconds)
      if (milliseconds <= LONGEST_BACKOFF && !holdAll) {
        const immediate = setImmediate(callback)
        return () => clearImmediate(immediate)
      }
      const entry = () => callback()
      held.add(entry)
      return () => held.delete(entry)
    },
    advance: milliseconds => {
      now += milliseconds
    },
    fire: () => {
      const due = [...held]
      held.clear()
      for (const callback of due) callback()
    },
  }
}

export interface TestBrowser extends Browser {
  locks: TestLocks
  path: string | null
  messageId: string | null
  hints: string[]
  wake(): void
  hint(conversationId: string): void
  hide(isGone: boolean): void
  goTo(conversationId: string | null): void
  /** Paints: runs what waits for the next frame. */
  paint(): void
}

/**
 * A browser without a screen, over `fetch`. Storage can be shared with a browser that was there before, as by a reload, or
 * that is another tab.
 */
export function createTestBrowser(options: {
  fetch: Browser['fetch']
  path?: string | null
  messageId?: string | null
  timers?: Timers
  after?: TestBrowser
  beside?: TestBrowser
  isSmooth?: boolean
}): TestBrowser {
  const wakes = new Set<() => void>()
  const hintListeners = new Set<(conversationId: string) => void>()
  const hides = new Set<(isGone: boolean) => void>()
  const addressListeners = new Set<() => void>()
  let frames: (() => void)[] = []
  const beside = options.after ?? options.beside
  const shared = beside?.localStorage ?? createTestStorage()
  const locks = beside?.locks ?? createTestLocks()
  const createId = () => crypto.randomUUID()
  const browser: TestBrowser = {
    locks,
    fetch: options.fetch,
    timers: options.timers ?? createTestTimers(),
    random: () => 0.5,
    createId,
    localStorage: shared,
    tabStorage:
      options.after?.tabStorage ??
      createTabStorage({ session: createTestStorage(), shared, locks: () => locks, createId }),
    events: {
      onWake: listener => addTo(wakes, listener),
      onOnlineChange: () => () => {},
      isVisible: () => true,
      onHide: listener => addTo(hides, listener),
      onHint: listener => addTo(hintListeners, listener),
      sendHint: conversationId => browser.hints.push(conversationId),
    },
    address: {
      read: () => browser.path,
      readMessage: () => browser.messageId,
      write: (conversationId, _how, messageId = null) => {
        browser.path = conversationId
        browser.messageId = messageId
      },
      onChange: listener => addTo(addressListeners, listener),
    },
    nextFrame: callback => frames.push(callback),
    isSmooth: () => options.isSmooth === true,
    path: options.path ?? null,
    messageId: options.messageId ?? null,
    hints: [],
    wake: () => {
      for (const listener of wakes) listener()
    },
    hint: conversationId => {
      for (const listener of hintListeners) listener(conversationId)
    },
    hide: isGone => {
      for (const listener of hides) listener(isGone)
    },
    goTo: conversationId => {
      browser.path = conversationId
      browser.messageId = null
      for (const listener of addressListeners) listener()
    },
    paint: () => {
      const due = frames
      frames = []
      for (const callback of due) callback()
    },
  }
  return browser
}

export interface TestLocks extends Locks {
  /** The tabs that hold names are closed. */
  letAllGo(): void
}

function createTestLocks(): TestLocks {
  const held = new Set<string>()
  return {
    hold: name => {
      held.add(name)
      return () => held.delete(name)
    },
    ifFree: async (name, work) => {
      if (!held.has(name)) work()
    },
    letAllGo: () => held.clear(),
  }
}

function createTestStorage(): TextStorage {
  const texts = new Map<string, string>()
  return {
    read: key => texts.get(key) ?? null,
    write: (key, value) => {
      if (value === null) texts.delete(key)
      else texts.set(key, value)
    },
    clear: prefix => {
      for (const key of texts.keys()) if (key.startsWith(prefix)) texts.delete(key)
    },
    keys: prefix => [...texts.keys()].filter(key => key.startsWith(prefix)),
  }
}

function addTo<Value>(set: Set<Value>, value: Value): () => void {
  set.add(value)
  return () => set.delete(value)
}
