/**
 * Puts a text on the clipboard; answers whether it is there. The clipboard API exists over https and on localhost
 * only; elsewhere the old way still works.
 */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    )
  }
  return copySelected(text)
}

function copySelected(text: string): boolean {
  const place = document.activeElement
  const area = document.createElement('textarea')
  area.value = text
  area.readOnly = true
  area.className = 'sr-only'
  // A dialog takes the keyboard back from what is outside of it, and then nothing is selected.
  const room = place?.closest('[role=dialog]') ?? document.body
  room.append(area)
  area.focus({ preventScroll: true })
  area.select()
  const isCopied = document.activeElement === area && document.execCommand('copy')
  if (place instanceof HTMLElement) place.focus({ preventScroll: true })
  area.remove()
  return isCopied
}
