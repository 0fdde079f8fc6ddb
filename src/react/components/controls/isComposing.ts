/** Safari ends a composition before the key press, and then reports this code. Other browsers set `isComposing`. */
const COMPOSITION_KEY_CODE = 229

/** Whether a key press belongs to a word that an input method composes (accents, Japanese), and means nothing else. */
export function isComposing(pressed: Pick<KeyboardEvent, 'isComposing' | 'keyCode'>): boolean {
  return pressed.isComposing || pressed.keyCode === COMPOSITION_KEY_CODE
}

/** For dialogs: Escape that only cancels a word being composed does not close them. */
export function stayWhileComposing(pressed: KeyboardEvent): void {
  if (isComposing(pressed)) pressed.preventDefault()
}
