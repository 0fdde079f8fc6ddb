import { useSyncExternalStore } from 'react'
import { isComposing } from '../controls/isComposing.ts'

export type ComposerKey = Pick<
  KeyboardEvent,
  'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'isComposing' | 'keyCode'
>

/** A tablet with a mouse or a touchpad probably has a keyboard, too. */
const ONLY_TOUCH = '(pointer: coarse) and (any-hover: none)'

/**
 * Whether a key press sends the message: Enter if `enterSends`, and always with Ctrl or ⌘. Not if it confirms a word that
 * an input method composes (accents, Japanese).
 */
export function isSendKey(pressed: ComposerKey, enterSends: boolean): boolean {
  const { key, shiftKey, ctrlKey, metaKey } = pressed
  if (key !== 'Enter' || shiftKey || isComposing(pressed)) return false
  return enterSends || ctrlKey || metaKey
}

/** Whether Enter alone sends. With a touch screen only, Enter breaks the line, because there is no Shift + Enter. */
export function useEnterSends(): boolean {
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
