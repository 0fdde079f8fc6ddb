/** How one person likes to read, in this browser. */
export interface Settings {
  /** Text of a reply flows in evenly, however it arrives. */
  smoothText: boolean
  /** Where the screen stays while a reply grows: at its end, or at its first line. */
  scroll: 'follow' | 'top'
  /** Shortcuts of one key alone, which a person who speaks to the computer may set off by chance. */
  singleKeys: boolean
}

export const DEFAULT_SETTINGS: Settings = { smoothText: true, scroll: 'follow', singleKeys: true }

const KEY = 'riacho.settings'
const listeners = new Set<() => void>()
let cached: { text: string | null; settings: Settings } = { text: null, settings: DEFAULT_SETTINGS }

/** The settings as they are kept; the same object until one of them changes. */
export function readSettings(): Settings {
  const text = stored()
  if (text !== cached.text) cached = { text, settings: parse(text) }
  return cached.settings
}

/** Changes some of them, and tells this tab; the others are told by the browser. */
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

/** Calls `listener` after changes, in this tab or another. Gives the way to stop it. */
export function subscribe(listener: () => void): () => void {
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

/** Storage can be forbidden: then a setting lasts as long as the page. */
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
      scroll: kept.scroll === 'top' ? 'top' : 'follow',
      singleKeys: kept.singleKeys !== false,
    }
  } catch {
    return DEFAULT_SETTINGS
  }
}
