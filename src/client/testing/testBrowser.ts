import type { Browser, BrowserEvents, Timers } from '../browser.ts'
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

interface TestBrowserOptions {
  fetch: Browser['fetch']
  path?: string | null
  messageId?: string | null
  timers?: Timers
  /** The same tab before a reload: the storage of the tab is the same. */
  after?: TestBrowser
  /** Another tab: only the shared storage is the same. */
  beside?: TestBrowser
  isSmooth?: boolean
}

/** A browser without a screen, over `fetch`. */
export function createTestBrowser(options: TestBrowserOptions): TestBrowser {
  const { events, hints, wake, hint, hide } = createTestEvents()
  const addressListeners = createListeners<void>()
  let frames: (() => void)[] = []
  const createId = () => crypto.randomUUID()
  const browser: TestBrowser = {
    ...createTestStorages(options, createId),
    fetch: options.fetch,
    timers: options.timers ?? createTestTimers(),
    random: () => 0.5,
    createId,
    events,
    address: {
      read: () => browser.path,
      readMessage: () => browser.messageId,
      write: (conversationId, _how, messageId = null) => {
        browser.path = conversationId
        browser.messageId = messageId
      },
      onChange: addressListeners.add,
    },
    nextFrame: callback => frames.push(callback),
    isSmooth: () => options.isSmooth === true,
    path: options.path ?? null,
    messageId: options.messageId ?? null,
    hints,
    wake,
    hint,
    hide,
    goTo: conversationId => {
      browser.path = conversationId
      browser.messageId = null
      addressListeners.tell()
    },
    paint: () => {
      const due = frames
      frames = []
      for (const callback of due) callback()
    },
  }
  return browser
}

function createTestEvents() {
  const wakes = createListeners<void>()
  const hintListeners = createListeners<string>()
  const hides = createListeners<boolean>()
  const hints: string[] = []
  const events: BrowserEvents = {
    onWake: wakes.add,
    onOnlineChange: () => () => {},
    isVisible: () => true,
    onHide: hides.add,
    onHint: hintListeners.add,
    sendHint: conversationId => hints.push(conversationId),
  }
  return { events, hints, wake: wakes.tell, hint: hintListeners.tell, hide: hides.tell }
}

function createListeners<Value>() {
  const listeners = new Set<(value: Value) => void>()
  return {
    add: (listener: (value: Value) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    tell: (value: Value) => {
      for (const listener of listeners) listener(value)
    },
  }
}

export interface TestLocks extends Locks {
  /** The tabs that hold locks are closed. */
  letAllGo(): void
}

function createTestStorages({ after, beside }: TestBrowserOptions, createId: () => string) {
  const other = after ?? beside
  const shared = other?.localStorage ?? createTestStorage()
  const locks = other?.locks ?? createTestLocks()
  const createOwn = () =>
    createTabStorage({ session: createTestStorage(), shared, locks: () => locks, createId })
  return { locks, localStorage: shared, tabStorage: after?.tabStorage ?? createOwn() }
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
