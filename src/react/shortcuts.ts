/** Where a shortcut works: anywhere on the page, while writing a message, or in whatever lies over the page. */
type Scope = 'page' | 'composer' | 'layer'

export type ShortcutId =
  | 'palette'
  | 'start'
  | 'search'
  | 'print'
  | 'sheet'
  | 'sheetKey'
  | 'send'
  | 'sendAlways'
  | 'break'
  | 'dismiss'

export interface Shortcut {
  id: ShortcutId
  scope: Scope
  /** As `KeyboardEvent.key` says it; letters in lower case. */
  key: string
  /** With Ctrl, or with ⌘ on a Mac. */
  mod?: true
  /** With Shift. Of a sign it is not asked: keyboards differ in where they have it. */
  shift?: true
}

/** Every shortcut there is. Those of the composer and of layers work there; the page listens for the others. */
export const SHORTCUTS: readonly Shortcut[] = [
  { id: 'palette', scope: 'page', key: 'k', mod: true },
  { id: 'start', scope: 'page', key: 'o', mod: true, shift: true },
  { id: 'search', scope: 'page', key: 'f', mod: true, shift: true },
  { id: 'print', scope: 'page', key: 'p', mod: true },
  { id: 'sheet', scope: 'page', key: '/', mod: true },
  { id: 'sheetKey', scope: 'page', key: '?' },
  { id: 'send', scope: 'composer', key: 'Enter' },
  { id: 'sendAlways', scope: 'composer', key: 'Enter', mod: true },
  { id: 'break', scope: 'composer', key: 'Enter', shift: true },
  { id: 'dismiss', scope: 'layer', key: 'Escape' },
]

export interface PressedKey {
  key: string
  /** Where the key is on the keyboard. */
  code: string
  ctrlKey: boolean
  metaKey: boolean
  shiftKey: boolean
  altKey: boolean
}

/** The page's shortcut that a key press means. One key alone means none while somebody types. */
export function shortcutOf(
  pressed: PressedKey,
  { isMac, isTyping }: { isMac: boolean; isTyping: boolean },
): ShortcutId | undefined {
  const key = letterOf(pressed)
  const hasMod = isMac ? pressed.metaKey : pressed.ctrlKey
  const hasOther = pressed.altKey || (isMac ? pressed.ctrlKey : pressed.metaKey)
  if (hasOther) return undefined
  const meant = SHORTCUTS.find(shortcut => {
    const isLetter = /^\w$/.test(shortcut.key)
    const shiftFits = !isLetter || pressed.shiftKey === (shortcut.shift ?? false)
    return (
      shortcut.scope === 'page' && shortcut.key === key && hasMod === (shortcut.mod ?? false) && shiftFits
    )
  })
  return meant && (meant.mod || !isTyping) ? meant.id : undefined
}

/** What is on the key or, where that is a letter of another script, the Latin one that is beside it there. */
function letterOf({ key, code }: PressedKey): string {
  const isForeign = /^\p{L}$/u.test(key) && !/^\p{Script=Latin}$/u.test(key)
  return (isForeign ? code.replace(/^Key/, '') : key).toLowerCase()
}

/** The keys of a shortcut as they are printed on a keyboard, in the order in which they are pressed. */
export function keysOf(id: ShortcutId, isMac: boolean): string[] {
  const shortcut = find(id)
  const mod = shortcut.mod && (isMac ? '⌘' : 'Ctrl')
  const shift = shortcut.shift && (isMac ? '⇧' : 'Shift')
  const key = shortcut.key.length === 1 ? shortcut.key.toUpperCase() : shortcut.key.replace('Escape', 'Esc')
  return [mod, shift, key].filter(name => name !== undefined)
}

/** The value of `aria-keyshortcuts`. */
export function ariaKeysOf(id: ShortcutId, isMac: boolean): string {
  const { mod, shift, key } = find(id)
  const names = [mod && (isMac ? 'Meta' : 'Control'), shift && 'Shift', key]
  return names.filter(Boolean).join('+')
}

function find(id: ShortcutId): Shortcut {
  const shortcut = SHORTCUTS.find(known => known.id === id)
  if (!shortcut) throw new Error(`client-2: no shortcut ${id}`)
  return shortcut
}
