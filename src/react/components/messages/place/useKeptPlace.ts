import { type RefObject, useLayoutEffect } from 'react'
import { rowIn } from '../row.tsx'
import type { ScrollPlace } from './scrollPlace.ts'

interface KeptPlace {
  messageId: string
  /** Pixels from the top of the box down to the message. */
  offset: number
}

/** Where the reader was in the conversations they left, for as long as the page lives. */
const keptPlaces = new Map<string, KeptPlace>()

/** When a reader comes back to a conversation, puts them where they were in it, unless that was its end. */
export function useKeptPlace(
  id: string | null,
  box: RefObject<HTMLElement | null>,
  { holdAt, isAtEnd }: ScrollPlace,
): void {
  useLayoutEffect(() => {
    const element = box.current
    if (!id || !element) return
    const kept = keptPlaces.get(id)
    const row = kept && rowIn(element, kept.messageId)
    if (kept && row) holdAt(row, kept.offset)
    return () => {
      const left = isAtEnd() ? null : placeIn(element)
      if (left) keptPlaces.set(id, left)
      else keptPlaces.delete(id)
    }
  }, [id, box, holdAt, isAtEnd])
}

/** The message at the top of the box, and its distance from there. */
function placeIn(box: HTMLElement): KeptPlace | null {
  const { top } = box.getBoundingClientRect()
  const rows = [...box.querySelectorAll<HTMLElement>('[data-message]')]
  const row = rows.find(one => one.getBoundingClientRect().bottom > top)
  const messageId = row?.dataset['message']
  return row && messageId ? { messageId, offset: row.getBoundingClientRect().top - top } : null
}
