import type { RefCallback } from 'react'

/** The element that has the keyboard, unless it is the page itself. */
export function focusedElement(): HTMLElement | null {
  const element = document.activeElement
  return element instanceof HTMLElement && element !== document.body ? element : null
}

/** Watches whether the person does anything, until that is asked. */
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

/** Gives the keyboard a sensible place when its own went away: where one writes or, on a touch screen, the title. */
export function focusPage(): void {
  focusComposerOr('h1')
}

/** Gives the keyboard its place after something was done with a message: where one writes, or the messages if there are any. */
export function focusHome(): void {
  focusComposerOr('[data-messages]')
}

/** The `ref` of what goes away under the keyboard, to which `go` then gives another place. */
export function passFocus(go: () => void): RefCallback<HTMLElement> {
  return element => () => {
    if (!element?.contains(document.activeElement)) return
    requestAnimationFrame(() => {
      if (!element.isConnected && !focusedElement()) go()
    })
  }
}

/** On a touch screen a focusedElement field would call the keyboard up, over half of what is read. */
function focusComposerOr(place: string): void {
  const field = matchMedia('(hover: hover)').matches ? composerField() : null
  const element = field ?? document.querySelector(place) ?? document.querySelector('h1')
  if (element instanceof HTMLElement) element.focus({ preventScroll: true })
}

/** Where one writes. */
export function composerField(): HTMLTextAreaElement | null {
  return document.querySelector<HTMLTextAreaElement>('[data-composer]')
}

/** The search field that can be seen, if there is one. */
export function visibleSearchField(): HTMLInputElement | undefined {
  const fields = document.querySelectorAll<HTMLInputElement>('input[data-search]')
  return [...fields].find(field => field.offsetParent !== null)
}

/** The link of a conversation in the list it is seen in. */
export function visibleRow(conversationId: string): HTMLElement | undefined {
  const rows = document.querySelectorAll<HTMLElement>(`[data-row="${CSS.escape(conversationId)}"]`)
  return [...rows].find(row => row.offsetParent !== null)
}

/** The row after the one that `element` is in, or the one before when it is the last; `null` outside of a list. */
export function neighbourRow(element: HTMLElement | null): HTMLElement | null {
  const list = element?.closest('[data-list]')
  const own = element?.closest('li')?.querySelector<HTMLElement>('[data-row]')
  if (!list || !own) return null
  const rows = [...list.querySelectorAll<HTMLElement>('[data-row]')]
  const index = rows.indexOf(own)
  return rows[index + 1] ?? rows[index - 1] ?? list.querySelector('a')
}
