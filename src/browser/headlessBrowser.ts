import type { Browser, Timers } from '../client/browser.ts'
import type { TextStorage } from '../client/chat/composing/tabStorage.ts'
import type { BrowserOptions } from './browserOptions.ts'

/** What a program without a page gives the chat: memory in place of storage, no tabs, and nobody who looks. */
export function createHeadlessBrowser({ base, fetch, address }: BrowserOptions): Browser {
  const memory = createMemory()
  const never = () => () => {}
  return {
    fetch: (path, init) => fetch(base + path, init),
    timers: TIMERS,
    random: () => Math.random(),
    createId,
    localStorage: memory,
    tabStorage: { ...createMemory(), takeOver: async () => {} },
    events: {
      onWake: never,
      onOnlineChange: never,
      isVisible: () => true,
      onHide: never,
      onHint: never,
      sendHint: () => {},
    },
    address: address(memory),
    nextFrame: callback => void setTimeout(callback),
    isSmooth: () => false,
  }
}

export const TIMERS: Timers = {
  now: () => Date.now(),
  set: (callback, milliseconds) => {
    const timer = setTimeout(callback, milliseconds)
    return () => clearTimeout(timer)
  },
}

/** Browsers have `crypto.randomUUID` over https and on localhost only, but Riacho also runs on a plain http address. */
export function createId(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** A storage that lasts as long as the program. */
export function createMemory(): TextStorage {
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
