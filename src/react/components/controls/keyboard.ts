import { useCallback, useSyncExternalStore } from 'react'
import { ariaKeysOf, keysOf, type ShortcutId } from '../../shortcuts.ts'
import { useSurface } from '../../surface.ts'

/** A tablet with a mouse or a touchpad probably has a keyboard, too. */
const ONLY_TOUCH = '(pointer: coarse) and (any-hover: none)'

/** Whether the device probably has a keyboard. It has none if it has a touch screen only. The build draws it with one. */
export function useHasKeyboard(): boolean {
  return useSyncExternalStore(
    watchTouch,
    () => !matchMedia(ONLY_TOUCH).matches,
    () => true,
  )
}

function watchTouch(onChange: () => void): () => void {
  const touch = matchMedia(ONLY_TOUCH)
  touch.addEventListener('change', onChange)
  return () => touch.removeEventListener('change', onChange)
}

/** Whether shortcuts use ⌘. The build does not know and draws Ctrl; the browser then draws again if that is wrong. */
export function useIsMac(): boolean {
  return useSyncExternalStore(noChanges, isMac, () => false)
}

/** A keyboard of an iPad has ⌘, too. Without a keyboard no place names keys, so `useHasKeyboard` comes first. */
export function isMac(): boolean {
  return /mac|iphone|ipad/i.test(navigator.platform)
}

function noChanges(): () => void {
  return () => {}
}

/**
 * Gives a function that makes the attributes of a control that has a shortcut. Its tooltip is `text`, if given, and the keys.
 * Without a keyboard it names no keys, nor in an app, whose keys are its own.
 */
export function useShortcutTip() {
  const hasKeyboard = useHasKeyboard()
  const isMac = useIsMac()
  const { isOwnPage } = useSurface()
  return useCallback(
    (id: ShortcutId, text?: string) => {
      if (!hasKeyboard || !isOwnPage) return { title: text }
      const keys = keysOf(id, isMac).join(' ')
      return { title: text ? `${text} (${keys})` : keys, 'aria-keyshortcuts': ariaKeysOf(id, isMac) }
    },
    [hasKeyboard, isMac, isOwnPage],
  )
}
