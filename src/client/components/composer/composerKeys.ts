import type { KeyboardEvent } from 'react'

export interface ComposerKey {
  key: string
  shiftKey: boolean
  isComposing: boolean
  keyCode: number
}

/** Chrome and Firefox say `isComposing`; Safari ends the composition first and then reports this code. */
const COMPOSITION_KEY_CODE = 229

/** Whether a key press sends the message. Enter that confirms a word being composed (accents, Japanese) does not. */
export function isSendKey({ key, shiftKey, isComposing, keyCode }: ComposerKey): boolean {
  return key === 'Enter' && !shiftKey && !isComposing && keyCode !== COMPOSITION_KEY_CODE
}

export function keyOf({ key, shiftKey, keyCode, nativeEvent }: KeyboardEvent): ComposerKey {
  return { key, shiftKey, keyCode, isComposing: nativeEvent.isComposing }
}
