import { type MouseEvent, useEffect, useRef } from 'react'
import { focusedElement } from './focus.ts'

interface Pressed {
  button: HTMLElement
  list: Element
  rows: ReadonlySet<Element>
}

/**
 * For a button that loads more rows: when they come, moves the focus from the button to the first of them, because the
 * button disappears with the last page. `rows` is a selector; `cursor` changes when more rows have come. Gives the function
 * to call when the button is pressed.
 */
export function useFocusAdded(rows: string, cursor: string | null): (event: MouseEvent<HTMLElement>) => void {
  const pressed = useRef<Pressed | null>(null)

  // biome-ignore lint/correctness/useExhaustiveDependencies: another cursor means that rows have come
  useEffect(() => {
    const last = pressed.current
    pressed.current = null
    const place = focusedElement()
    if (!last || (place && place !== last.button)) return
    const all = [...last.list.querySelectorAll<HTMLElement>(rows)]
    all.find(row => !last.rows.has(row))?.focus()
  }, [cursor, rows])

  return ({ currentTarget: button }) => {
    const list = button.closest('[data-list]')
    if (list) pressed.current = { button, list, rows: new Set(list.querySelectorAll(rows)) }
  }
}
