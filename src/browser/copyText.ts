/**
 * Copies a text to the clipboard. Gives whether that worked. Browsers have the clipboard API over https and on localhost
 * only; elsewhere the text is selected and copied.
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
  // Within the open dialog, because a dialog takes the focus back from any element outside of it.
  const parent = place?.closest('[role=dialog]') ?? document.body
  parent.append(area)
  area.focus({ preventScroll: true })
  area.select()
  const isCopied = document.activeElement === area && document.execCommand('copy')
  if (place instanceof HTMLElement) place.focus({ preventScroll: true })
  area.remove()
  return isCopied
}
