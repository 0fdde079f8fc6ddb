import { isComposing } from '../controls/isComposing.ts'

export type ComposerKey = Pick<
  KeyboardEvent,
  'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'isComposing' | 'keyCode'
>

/**
 * Whether a key press sends the message: Enter if `enterSends`, and always with Ctrl or ⌘. With a touch screen only, Enter
 * does not, because there is no Shift + Enter to break the line. Not if it confirms a word that an input method composes
 * (accents, Japanese).
 */
export function isSendKey(pressed: ComposerKey, enterSends: boolean): boolean {
  const { key, shiftKey, ctrlKey, metaKey } = pressed
  if (key !== 'Enter' || shiftKey || isComposing(pressed)) return false
  return enterSends || ctrlKey || metaKey
}
