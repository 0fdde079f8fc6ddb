/** Where a shortcut works: on the whole page, in the composer, or in what is open over the page. */
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
  /** The value of `KeyboardEvent.key`, letters in lower case. */
  key: string
  /** With Ctrl, or with ⌘ on a Mac. */
  mod?: true
  /** With Shift. Only for letters, because keyboards differ in where they have signs. */
  shift?: true
}

/** All shortcuts. The page listens for those of scope `page`; the composer and the layers handle theirs. */
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
  /** The place of the key on the keyboard. */
  code: string
  ctrlKey: boolean
  metaKey: boolean
  shiftKey: boolean
  altKey: boolean
}

/** The shortcut of the page that a key press means. While the person types, a key without Ctrl or ⌘ means none. */
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

/** The letter or sign of a key. On a keyboard of another script, the Latin letter of that key. */
function letterOf({ key, code }: PressedKey): string {
  const isForeign = /^\p{L}$/u.test(key) && !/^\p{Script=Latin}$/u.test(key)
  return (isForeign ? code.replace(/^Key/, '') : key).toLowerCase()
}

/** The keys of a shortcut as they are labelled on a keyboard, in the order in which they are pressed. */
export function keysOf(id: ShortcutId, isMac: boolean): string[] {
  const shortcut = find(id)
  const mod = shortcut.mod && (isMac ? '⌘' : 'Ctrl')
  const shift = shortcut.shift && (isMac ? '⇧' : 'Shift')
  const key = shortcut.key.length === 1 ? shortcut.key.toUpperCase() : shortcut.key.replace('Escape', 'Esc')
  return [mod, shift, key].filter(name => name !== undefined)
}

/** The value of `aria-keyshortcuts` for a shortcut. */
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
