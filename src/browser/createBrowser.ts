import type { Address, Browser, BrowserEvents } from '../client/browser.ts'
import {
  createTabStorage,
  type Locks,
  type TextStorage,
  within,
} from '../client/chat/composing/tabStorage.ts'
import type { BrowserOptions } from './browserOptions.ts'
import { createId, createMemory, TIMERS } from './headlessBrowser.ts'
import { conversationIdOf, conversationPath } from './pagePaths.ts'
import { readSettings, type Settings, subscribeToSettings } from './preferences.ts'

/** A page of Riacho itself. Its address names the conversation. */
const OWN_PAGE: BrowserOptions = {
  base: '',
  fetch: (url, init) => fetch(url, init),
  scope: '',
  isKept: true,
  address: () => pageAddress,
}

/** The real browser. It touches nothing until it is used, because the build draws the page without a browser. */
export function createBrowser({
  base,
  fetch: fetchUrl,
  scope,
  isKept,
  address,
}: BrowserOptions = OWN_PAGE): Browser {
  let calm: MediaQueryList | undefined
  let settings: Settings | undefined
  const inScope = (open: () => Storage) => {
    if (!isKept) return createMemory()
    return scope === '' ? storageOf(open) : within(storageOf(open), scope)
  }
  const shared = inScope(() => localStorage)
  const session = inScope(() => sessionStorage)
  return {
    fetch: (path, init) => fetchUrl(base + path, init),
    timers: TIMERS,
    random: () => Math.random(),
    createId,
    localStorage: shared,
    tabStorage: createTabStorage({
      session,
      shared,
      locks: () => (isKept ? locksOfBrowser(scope) : null),
      createId,
    }),
    events: createEvents(`${scope}riacho`),
    address: address(session),
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

const pageAddress: Address = {
  read: () => conversationIdOf(location.pathname),
  readMessage: () => /^#([\w-]+)$/.exec(location.hash)?.[1] ?? null,
  write: (conversationId, how, messageId = null) => {
    const path = conversationPath(conversationId, messageId)
    if (how === 'push') history.pushState(null, '', path)
    else history.replaceState(null, '', path)
  },
  onChange: listener => listen(window, ['popstate'], () => listener()),
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
function locksOfBrowser(scope: string): Locks | null {
  const { locks } = navigator as Partial<Navigator>
  if (!locks) return null
  return {
    hold: name => {
      let release = () => {}
      const held = new Promise<void>(resolve => {
        release = resolve
      })
      locks.request(scope + name, () => held).catch(() => {})
      return release
    },
    ifFree: async (name, work) => {
      await locks.request(scope + name, { ifAvailable: true }, lock => lock && work()).catch(() => {})
    },
  }
}

function createEvents(channelName: string): BrowserEvents {
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
        channel = new BroadcastChannel(channelName)
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
