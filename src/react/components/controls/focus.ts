import type { RefCallback } from 'react'

/** The chat that the person used last, if it is one of several on the page. */
let lastUsed: HTMLElement | null = null

/** The person uses this chat. The functions below then look for elements in it alone. */
export function noteUseOf(chat: HTMLElement | null): void {
  lastUsed = chat
}

/** Where the elements of the chat in use are: on a page of Riacho anywhere. */
export function chatInUse(): ParentNode {
  return lastUsed?.isConnected ? lastUsed : document
}

/** Where an element can be put that needs the styles of the chat, and is not for a person to see. */
export function placeWithStyles(): HTMLElement {
  const place = lastUsed?.isConnected ? lastUsed : document.querySelector<HTMLElement>('.riacho')
  return place ?? document.body
}

/** The element that has the focus, unless that is the page itself. */
export function focusedElement(): HTMLElement | null {
  const element = document.activeElement
  return element instanceof HTMLElement && element !== document.body ? element : null
}

/** Gives a function that stops watching, and says whether the person has pressed anything since. */
export function watchPerson(): () => boolean {
  const watching = new AbortController()
  let hasActed = false
  for (const name of ['keydown', 'pointerdown'])
    addEventListener(name, () => (hasActed = true), { capture: true, signal: watching.signal })
  return () => {
    watching.abort()
    return hasActed
  }
}

/** Focuses the composer, or the title on a touch screen. For use when the element that had the focus is gone. */
export function focusPage(): void {
  focusComposerOr('[data-title]')
}

/** Focuses the composer, or the messages on a touch screen. For use after something was done with a message. */
export function focusHome(): void {
  focusComposerOr('[data-messages]')
}

/** The `ref` of an element that may be removed while the focus is in it. `go` then puts the focus elsewhere. */
export function passFocus(go: () => void): RefCallback<HTMLElement> {
  return element => () => {
    if (!element?.contains(document.activeElement)) return
    requestAnimationFrame(() => {
      if (!element.isConnected && !focusedElement()) go()
    })
  }
}

/** Not the composer on a touch screen, because its keyboard would open and cover half of the page. */
function focusComposerOr(place: string): void {
  const field = matchMedia('(hover: hover)').matches ? composerField() : null
  const element = field ?? chatInUse().querySelector(place) ?? chatInUse().querySelector('[data-title]')
  if (element instanceof HTMLElement) element.focus({ preventScroll: true })
}

export function composerField(): HTMLTextAreaElement | null {
  return chatInUse().querySelector<HTMLTextAreaElement>('[data-composer]')
}

/** The search field that is visible, if there is one. */
export function visibleSearchField(): HTMLInputElement | undefined {
  const fields = chatInUse().querySelectorAll<HTMLInputElement>('input[data-search]')
  return [...fields].find(field => field.offsetParent !== null)
}

/** The visible link of a conversation in the list, if there is one. */
export function visibleRow(conversationId: string): HTMLElement | undefined {
  const rows = chatInUse().querySelectorAll<HTMLElement>(`[data-row="${CSS.escape(conversationId)}"]`)
  return [...rows].find(row => row.offsetParent !== null)
}

/** The row after the one with `element`, or the row before if that is the last one; `null` outside of the list. */
export function neighbourRow(element: HTMLElement | null): HTMLElement | null {
  const list = element?.closest('[data-list]')
  const own = element?.closest('li')?.querySelector<HTMLElement>('[data-row]')
  if (!list || !own) return null
  const rows = [...list.querySelectorAll<HTMLElement>('[data-row]')]
  const index = rows.indexOf(own)
  return rows[index + 1] ?? rows[index - 1] ?? list.querySelector('[data-start]')
}
