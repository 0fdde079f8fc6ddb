import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react'

/** Pixels from the end within which a reader who comes down to it is at the end. */
const NEAR = 48
/** Pixels by which a place may differ from what it was set to: the screen has pixels of its own. */
const ROUNDING = 2
/** Pixels that stay free above a message that is held at the top. */
const TOP = 16
/** What a reader does to scroll by hand. */
const BY_HAND = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const

/*
 * A place is
 *   bottom   at the end, and follows it; from the start, and when the reader comes down to it or asks for it;
 *   free     the reader's alone, from the least scroll that the page did not make;
 *   held     an element stays `offset` pixels below the top of the box, until the reader does anything by hand. Before it
 *            has settled there, a scroll is one from before.
 */
type Mode =
  | { type: 'bottom' }
  | { type: 'free' }
  | { type: 'held'; element: HTMLElement; offset: number; hasRoom: boolean; isSettled: boolean }

export interface Scroll {
  /** Text came out of the reader's sight. */
  hasNewBelow: boolean
  /** Goes to the end, and follows it. */
  toBottom(): void
  /** Puts a message at the top and keeps it there while what follows grows; there is room for it, however short that is. */
  holdAtTop(element: HTMLElement): void
  /** Puts a message into the middle and keeps it there while what is around it is drawn. */
  holdInView(element: HTMLElement): void
  /** The same, so many pixels below the top. */
  holdAt(element: HTMLElement, offset: number): void
  /** It follows the end. */
  isAtEnd(): boolean
  /** Stays where it is, whatever grows. */
  stay(): void
  /** Something was added at the end. */
  noticeNew(): void
  /**
   * Follows the end as soon as it may have moved. The observer of sizes does it too, but within a frame, and what scrolls
   * there takes one more.
   */
  follow(): void
}

interface ScrollParts {
  box: RefObject<HTMLElement | null>
  content: RefObject<HTMLElement | null>
  /** Stands after the content; its height is the room that a held message needs below it. */
  room: RefObject<HTMLElement | null>
}

/**
 * Where a reader is in a scrolling box. It starts at its end and follows that while the reader is there; the least scroll
 * up, and the place is theirs until they come down to the end again.
 */
export function useScroll({ box, content, room }: ScrollParts): Scroll {
  const mode = useRef<Mode>({ type: 'bottom' })
  /** The `scrollTop` that was last set or heard of. */
  const lastTop = useRef(0)
  const [hasNewBelow, setNewBelow] = useState(false)

  const settle = useCallback(() => {
    const element = box.current
    const space = room.current
    if (!element || !space) return
    const current = mode.current
    if (current.type === 'free') return
    if (current.type === 'bottom') {
      giveRoom(space, 0)
      element.scrollTop = endOf(element)
    } else if (current.element.isConnected) {
      const from = distance(element, current.element) + element.scrollTop
      const end = distance(element, space) + element.scrollTop
      giveRoom(space, current.hasRoom ? Math.max(0, element.clientHeight - (end - from) - TOP) : 0)
      element.scrollTop = from - current.offset
      mode.current = { ...current, isSettled: true }
    }
    lastTop.current = element.scrollTop
  }, [box, room])

  const go = useCallback(
    (next: Mode) => {
      mode.current = next
      setNewBelow(false)
      // Within the commit that adds a message it would lay out the page a second time.
      requestAnimationFrame(settle)
    },
    [settle],
  )

  useEffect(() => {
    const element = box.current
    if (!element || !content.current) return
    let lastFromEnd = Number.POSITIVE_INFINITY
    /** The end as it was when the reader last did something by hand: what glides there finds that it has moved on. */
    let aim = Number.POSITIVE_INFINITY
    const onScroll = () => {
      const current = mode.current
      const fromEnd = endOf(element) - element.scrollTop
      const moved = element.scrollTop - lastTop.current
      // What grows above moves the place down too, but no closer to the end.
      const comesDown =
        moved > 0 && fromEnd < lastFromEnd && Math.min(endOf(element), aim) - element.scrollTop <= NEAR
      if (current.type === 'bottom' && moved < 0 && fromEnd > ROUNDING) mode.current = { type: 'free' }
      if (current.type === 'free' && (comesDown || fromEnd <= ROUNDING)) mode.current = { type: 'bottom' }
      if (current.type === 'held' && current.isSettled && Math.abs(moved) > ROUNDING)
        mode.current = { type: 'free' }
      if (fromEnd <= NEAR) setNewBelow(false)
      else if (current.type === 'free' && comesDown) settle()
      lastTop.current = element.scrollTop
      lastFromEnd = fromEnd
    }
    const onHand = () => {
      aim = endOf(element)
      if (mode.current.type === 'held') mode.current = { type: 'free' }
    }
    const observer = new ResizeObserver(settle)
    observer.observe(content.current)
    observer.observe(element)
    element.addEventListener('scroll', onScroll, { passive: true })
    for (const name of BY_HAND) element.addEventListener(name, onHand, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', onScroll)
      for (const name of BY_HAND) element.removeEventListener(name, onHand)
    }
  }, [box, content, settle])

  const moves = useMemo<Omit<Scroll, 'hasNewBelow'>>(
    () => ({
      toBottom: () => go({ type: 'bottom' }),
      holdAtTop: element => go({ type: 'held', element, offset: TOP, hasRoom: true, isSettled: false }),
      holdInView: element => {
        const { clientHeight = 0 } = box.current ?? {}
        const offset = Math.max(TOP, (clientHeight - element.offsetHeight) / 2)
        go({ type: 'held', element, offset, hasRoom: false, isSettled: false })
      },
      holdAt: (element, offset) => go({ type: 'held', element, offset, hasRoom: false, isSettled: false }),
      isAtEnd: () => mode.current.type === 'bottom',
      stay: () => {
        mode.current = { type: 'free' }
      },
      noticeNew: () => {
        const [element, end] = [box.current, room.current]
        if (!element || !end || mode.current.type === 'bottom') return
        if (distance(element, end) > element.clientHeight + NEAR) setNewBelow(true)
      },
      follow: () => {
        const element = box.current
        if (!element || mode.current.type !== 'bottom') return
        if (Math.abs(endOf(element) - element.scrollTop) <= ROUNDING) return
        // A reader who has just scrolled away: the event that tells is on its way.
        if (element.scrollTop < lastTop.current - ROUNDING) return
        settle()
      },
    }),
    [box, room, go, settle],
  )
  return { hasNewBelow, ...moves }
}

/** The `scrollTop` of a box that is scrolled to its end. */
function endOf(box: HTMLElement): number {
  return box.scrollHeight - box.clientHeight
}

/** Written only when it changes: a style that is set costs the page its layout. */
function giveRoom(space: HTMLElement, pixels: number): void {
  const height = pixels === 0 ? '' : `${pixels}px`
  if (space.style.height !== height) space.style.height = height
}

/** Pixels from the top of the box down to the top of an element in it. */
function distance(box: HTMLElement, element: HTMLElement): number {
  return element.getBoundingClientRect().top - box.getBoundingClientRect().top
}
