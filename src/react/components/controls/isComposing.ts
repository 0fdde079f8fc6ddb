/** Chrome and Firefox say `isComposing`; Safari ends the composition first and then reports this code. */
const COMPOSITION_KEY_CODE = 229

/** Whether a key press belongs to a word being composed (accents, Japanese), and so means nothing else. */
export function isComposing(pressed: Pick<KeyboardEvent, 'isComposing' | 'keyCode'>): boolean {
  return pressed.isComposing || pressed.keyCode === COMPOSITION_KEY_CODE
}

/** For the Escape of a layer: what cancels a word being composed does not close it. */
export function stayWhileComposing(pressed: KeyboardEvent): void {
  if (isComposing(pressed)) pressed.preventDefault()
}
