/**
 * Gives the keyboard its place after something was done with a message: where one writes or, on a touch screen, where a
 * focused field would call the keyboard up, the messages.
 */
export function focusHome(): void {
  const field = matchMedia('(hover: hover)').matches ? document.querySelector('[data-composer]') : null
  const place = field ?? document.querySelector('[data-messages]')
  if (place instanceof HTMLElement) place.focus({ preventScroll: true })
}
