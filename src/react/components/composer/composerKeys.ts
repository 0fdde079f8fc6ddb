import { useSyncExternalStore } from 'react'
import { isComposing } from '../controls/isComposing.ts'

export type ComposerKey = Pick<
  KeyboardEvent,
  'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'isComposing' | 'keyCode'
>

/** With a mouse or a touchpad put to a tablet, a keyboard is taken to have come too. */
const ONLY_TOUCH = '(pointer: coarse) and (any-hover: none)'

/**
 * Whether a key press sends the message: Enter where it does, and with Ctrl or ⌘ everywhere. Enter that confirms a word
 * being composed (accents, Japanese) does not.
 */
export function isSendKey(pressed: ComposerKey, enterSends: boolean): boolean {
  const { key, shiftKey, ctrlKey, metaKey } = pressed
  if (key !== 'Enter' || shiftKey || isComposing(pressed)) return false
  return enterSends || ctrlKey || metaKey
}

/** Whether Enter alone sends. On a touch screen alone it breaks the line, since the keyboard there has no Shift + Enter. */
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
