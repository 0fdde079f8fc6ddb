import { type RefObject, useLayoutEffect } from 'react'
import { rowIn } from './row.tsx'
import type { Scroll } from './useScroll.ts'

interface Place {
  messageId: string
  /** Pixels from the top of the box down to the message. */
  offset: number
}

/** Where somebody was reading in the conversations they left, for as long as the page lives. */
const places = new Map<string, Place>()

/** Takes a reader who comes back to a conversation to where they were in it, unless that was its end. */
export function useKeptPlace(id: string | null, box: RefObject<HTMLElement | null>, scroll: Scroll): void {
  const { holdAt, isAtEnd } = scroll
  useLayoutEffect(() => {
    const element = box.current
    if (!id || !element) return
    const place = places.get(id)
    const row = place && rowIn(element, place.messageId)
    if (place && row) holdAt(row, place.offset)
    return () => {
      const left = isAtEnd() ? null : placeIn(element)
      if (left) places.set(id, left)
      else places.delete(id)
    }
  }, [id, box, holdAt, isAtEnd])
}

/** The message at the top of what is on the screen. */
function placeIn(box: HTMLElement): Place | null {
  const { top } = box.getBoundingClientRect()
  const rows = [...box.querySelectorAll<HTMLElement>('[data-message]')]
  const row = rows.find(one => one.getBoundingClientRect().bottom > top)
  const messageId = row?.dataset['message']
  return row && messageId ? { messageId, offset: row.getBoundingClientRect().top - top } : null
}
