/**
 * Copies a text to the clipboard, and beside it the same as HTML if there is any. Gives whether that worked. Browsers have
 * the clipboard API over https and on localhost only; elsewhere the text is selected and copied.
 */
export async function copyText(text: string, html = ''): Promise<boolean> {
  if (!navigator.clipboard) return copySelected(text, html)
  const written =
    html !== '' && typeof ClipboardItem === 'function'
      ? navigator.clipboard.write([
          new ClipboardItem({
            'text/plain': blobOf(text, 'text/plain'),
            'text/html': blobOf(html, 'text/html'),
          }),
        ])
      : navigator.clipboard.writeText(text)
  return written.then(
    () => true,
    () => false,
  )
}

function blobOf(text: string, type: string): Blob {
  return new Blob([text], { type })
}

function copySelected(text: string, html: string): boolean {
  const place = document.activeElement
  const area = document.createElement('textarea')
  area.value = text
  area.readOnly = true
  area.className = 'sr-only'
  if (html !== '')
    area.addEventListener('copy', event => {
      event.clipboardData?.setData('text/plain', text)
      event.clipboardData?.setData('text/html', html)
      event.preventDefault()
    })
  // Within the open dialog, because a dialog takes the focus back from any element outside of it. In another app within the
  // chat, because the styles that hide it end there.
  const parent = place?.closest('[role=dialog], .riacho') ?? document.body
  parent.append(area)
  area.focus({ preventScroll: true })
  area.select()
  const isCopied = document.activeElement === area && document.execCommand('copy')
  if (place instanceof HTMLElement) place.focus({ preventScroll: true })
  area.remove()
  return isCopied
}
