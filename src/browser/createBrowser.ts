import type { Browser, BrowserEvents } from '../client/browser.ts'
import { createTabStorage, type Locks, type TextStorage } from '../client/chat/composing/tabStorage.ts'
import { conversationIdOf, conversationPath } from './pagePaths.ts'
import { readSettings, type Settings, subscribeToSettings } from './preferences.ts'

/** The real browser. It touches nothing until it is used, because the build draws the page without a browser. */
export function createBrowser(): Browser {
  let calm: MediaQueryList | undefined
  let settings: Settings | undefined
  const shared = storageOf(() => localStorage)
  return {
    fetch: (path, init) => fetch(path, init),
    timers: {
      now: () => Date.now(),
      set: (callback, milliseconds) => {
        const timer = setTimeout(callback, milliseconds)
        return () => clearTimeout(timer)
      },
    },
    random: () => Math.random(),
    createId,
    localStorage: shared,
    tabStorage: createTabStorage({
      session: storageOf(() => sessionStorage),
      shared,
      locks: locksOfBrowser,
      createId,
    }),
    events: createEvents(),
    address: {
      read: () => conversationIdOf(location.pathname),
      readMessage: () => /^#([\w-]+)$/.exec(location.hash)?.[1] ?? null,
      write: (conversationId, how, messageId = null) => {
        const path = conversationPath(conversationId, messageId)
        if (how === 'push') history.pushState(null, '', path)
        else history.replaceState(null, '', path)
      },
      onChange: listener => listen(window, ['popstate'], () => listener()),
    },
    nextFrame: callback => requestAnimationFrame(() => callback()),
    isSmooth: () => {
      calm ??= matchMedia('(prefers-reduced-motion: reduce)')
      if (!settings) {
        settings = readSettings()
        subscribeToSettings(() => {
          settings = readSettings()
        })
      }
      return settings.smoothText && document.visibilityState === 'visible' && !calm.matches
    },
  }
}

/** Browsers have `crypto.randomUUID` over https and on localhost only, but Riacho also runs on a plain http address. */
function createId(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/**
 * A storage of the browser. It can be full, or forbidden in private windows and where cookies are blocked. What it does not
 * take, this page keeps in memory until another page writes to the same key.
 */
function storageOf(open: () => Storage): TextStorage {
  const unkept = new Map<string, { value: string; instead: string | null }>()

  function kept(key: string): string | null {
    try {
      return open().getItem(key)
    } catch {
      return null
    }
  }

  return {
    read: key => {
      const found = kept(key)
      const own = unkept.get(key)
      return own?.instead === found ? own.value : found
    },
    write: (key, value) => {
      unkept.delete(key)
      try {
        if (value === null) open().removeItem(key)
        else open().setItem(key, value)
      } catch {
        if (value !== null) unkept.set(key, { value, instead: kept(key) })
      }
    },
    clear: prefix => {
      for (const key of unkept.keys()) if (key.startsWith(prefix)) unkept.delete(key)
      try {
        const storage = open()
        for (const key of Object.keys(storage)) if (key.startsWith(prefix)) storage.removeItem(key)
      } catch {}
    },
    keys: prefix => {
      try {
        return Object.keys(open()).filter(key => key.startsWith(prefix))
      } catch {
        return []
      }
    },
  }
}

/** Browsers have locks over https and on localhost only. Where site data is blocked, each request for a lock fails. */
function locksOfBrowser(): Locks | null {
  const { locks } = navigator as Partial<Navigator>
  if (!locks) return null
  return {
    hold: name => {
      let release = () => {}
      const held = new Promise<void>(resolve => {
        release = resolve
      })
      locks.request(name, () => held).catch(() => {})
      return release
    },
    ifFree: async (name, work) => {
      await locks.request(name, { ifAvailable: true }, lock => lock && work()).catch(() => {})
    },
  }
}

function createEvents(): BrowserEvents {
  let channel: BroadcastChannel | undefined
  return {
    onWake: listener => {
      const stops = [
        listen(window, ['online'], () => listener()),
        listen(window, ['pageshow'], event => {
          if (event instanceof PageTransitionEvent && event.persisted) listener()
        }),
        listen(document, ['visibilitychange'], () => {
          if (document.visibilityState === 'visible') listener()
        }),
      ]
      return () => {
        for (const stop of stops) stop()
      }
    },
    onOnlineChange: listener => {
      if (!navigator.onLine) listener(false)
      return listen(window, ['online', 'offline'], () => listener(navigator.onLine))
    },
    isVisible: () => document.visibilityState === 'visible',
    onHide: listener => {
      const stopHidden = listen(document, ['visibilitychange'], () => {
        if (document.visibilityState === 'hidden') listener(false)
      })
      const stopGone = listen(window, ['pagehide'], () => listener(true))
      return () => {
        stopHidden()
        stopGone()
      }
    },
    onHint: listener => {
      try {
        channel = new BroadcastChannel('riacho')
      } catch {
        return () => {}
      }
      channel.onmessage = message => listener(String(message.data))
      return () => {
        channel?.close()
        channel = undefined
      }
    },
    sendHint: conversationId => channel?.postMessage(conversationId),
  }
}

function listen(target: EventTarget, names: readonly string[], listener: (event: Event) => void): () => void {
  for (const name of names) target.addEventListener(name, listener)
  return () => {
    for (const name of names) target.removeEventListener(name, listener)
  }
}
