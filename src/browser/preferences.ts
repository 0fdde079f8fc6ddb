/** How a person likes to read, in this browser. */
export interface Settings {
  /** The text of a reply flows in evenly, however it arrives. */
  smoothText: boolean
  /** While a reply grows, the screen follows its end or stays at its first line. */
  scroll: 'follow' | 'top'
  /** Shortcuts of a single key work. A person who uses speech input may press one by accident. */
  singleKeys: boolean
  /** The system tells when a long reply ends that the person does not see. `unasked` until they have chosen. */
  longReplies: 'unasked' | 'on' | 'off'
}

export const DEFAULT_SETTINGS: Settings = {
  smoothText: true,
  scroll: 'follow',
  singleKeys: true,
  longReplies: 'unasked',
}

const KEY = 'riacho.settings'
const listeners = new Set<() => void>()
let cached: { text: string | null; settings: Settings } | null = null
/** On phones the screen stays at the first line by default, because a reply soon fills it. */
const PHONE = '(pointer: coarse) and (max-width: 48rem)'

/** The settings. Gives the same object until one of them changes. */
export function readSettings(): Settings {
  const text = stored()
  if (!cached || text !== cached.text) cached = { text, settings: parse(text) }
  return cached.settings
}

/** Changes some settings, and tells the listeners of this tab. The browser tells the other tabs. */
export function writeSettings(change: Partial<Settings>): void {
  const settings = { ...readSettings(), ...change }
  const text = JSON.stringify(settings)
  cached = { text: stored(), settings }
  try {
    localStorage.setItem(KEY, text)
    cached = { text, settings }
  } catch {}
  for (const listener of listeners) listener()
}

/** Calls `listener` after changes in this tab or another. Gives the function that stops it. */
export function subscribeToSettings(listener: () => void): () => void {
  const onStorage = (event: StorageEvent) => {
    if (event.key === KEY || event.key === null) listener()
  }
  listeners.add(listener)
  window.addEventListener('storage', onStorage)
  return () => {
    listeners.delete(listener)
    window.removeEventListener('storage', onStorage)
  }
}

/** If the browser forbids storage, a setting lasts as long as the page. */
function stored(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}

function parse(text: string | null): Settings {
  try {
    const kept = JSON.parse(text ?? '{}') as Partial<Settings>
    return {
      smoothText: kept.smoothText !== false,
      scroll: kept.scroll === 'top' || kept.scroll === 'follow' ? kept.scroll : scrollOfScreen(),
      singleKeys: kept.singleKeys !== false,
      longReplies: kept.longReplies === 'on' || kept.longReplies === 'off' ? kept.longReplies : 'unasked',
    }
  } catch {
    return { ...DEFAULT_SETTINGS, scroll: scrollOfScreen() }
  }
}

function scrollOfScreen(): Settings['scroll'] {
  return matchMedia(PHONE).matches ? 'top' : DEFAULT_SETTINGS.scroll
}
