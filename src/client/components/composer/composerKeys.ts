import { type KeyboardEvent, useSyncExternalStore } from 'react'

export interface ComposerKey {
  key: string
  shiftKey: boolean
  ctrlKey: boolean
  metaKey: boolean
  isComposing: boolean
  keyCode: number
}

/** Chrome and Firefox say `isComposing`; Safari ends the composition first and then reports this code. */
const COMPOSITION_KEY_CODE = 229
/** With a mouse or a touchpad put to a tablet, a keyboard is taken to have come too. */
const ONLY_TOUCH = '(pointer: coarse) and (any-hover: none)'

/**
 * Whether a key press sends the message: Enter where it does, and with Ctrl or ⌘ everywhere. Enter that confirms a word
 * being composed (accents, Japanese) does not.
 */
export function isSendKey(pressed: ComposerKey, enterSends: boolean): boolean {
  const { key, shiftKey, ctrlKey, metaKey, isComposing, keyCode } = pressed
  if (key !== 'Enter' || shiftKey || isComposing || keyCode === COMPOSITION_KEY_CODE) return false
  return enterSends || ctrlKey || metaKey
}

export function keyOf({ key, shiftKey, ctrlKey, metaKey, keyCode, nativeEvent }: KeyboardEvent): ComposerKey {
  return { key, shiftKey, ctrlKey, metaKey, keyCode, isComposing: nativeEvent.isComposing }
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
