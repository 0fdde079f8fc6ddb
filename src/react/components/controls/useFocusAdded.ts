import { type MouseEvent, useEffect, useRef } from 'react'
import { focusedElement } from './focus.ts'

interface Pressed {
  button: HTMLElement
  list: Element
  rows: ReadonlySet<Element>
}

/**
 * Moves the keyboard from a button that brings more rows, and goes away with the last of them, to the first row that
 * came. `rows` selects them; `cursor` changes when more have come. Gives what is to be told of a press.
 */
export function useFocusAdded(rows: string, cursor: string | null): (event: MouseEvent<HTMLElement>) => void {
  const pressed = useRef<Pressed | null>(null)

  // biome-ignore lint/correctness/useExhaustiveDependencies: another cursor says that rows have come
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
