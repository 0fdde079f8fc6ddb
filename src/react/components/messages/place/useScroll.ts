import { useEffect, useState } from 'react'
import { type ScrollParts, ScrollPlace } from './scrollPlace.ts'

export interface Scroll {
  place: ScrollPlace
  /** Text was added below what the reader sees. */
  hasNewBelow: boolean
}

/** Keeps the place of a reader in a scrolling box, for as long as the component lives. */
export function useScroll(parts: ScrollParts): Scroll {
  const [hasNewBelow, setNewBelow] = useState(false)
  const [place] = useState(() => new ScrollPlace(parts, setNewBelow))
  useEffect(() => place.watch(), [place])
  return { place, hasNewBelow }
}
