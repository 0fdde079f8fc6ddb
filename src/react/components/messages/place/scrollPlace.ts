import type { RefObject } from 'react'

/** Pixels. A reader who scrolls down to this distance from the end is at the end. */
const NEAR = 48
/** Pixels by which `scrollTop` may differ from what it was set to, because the screen has pixels of its own. */
const ROUNDING = 2
/** Pixels that stay free above a message that is held at the top. */
const TOP = 16
/** The events of a reader who scrolls by hand. */
const BY_HAND = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const

/*
 * A place is
 *   bottom   at the end, and follows it: at first, and when the reader scrolls down to the end or asks for it
 *   free     where the reader is: after any scroll by the reader
 *   held     an element stays `offset` pixels below the top of the box, until the reader does anything by hand. Until the
 *            element has settled there, scroll events come from before.
 */
type Place =
  | { type: 'bottom' }
  | { type: 'free' }
  | { type: 'held'; element: HTMLElement; offset: number; hasRoom: boolean; isSettled: boolean }

export interface ScrollParts {
  box: RefObject<HTMLElement | null>
  content: RefObject<HTMLElement | null>
  /** Stands after the content. Its height is the room that a held message needs below it. */
  room: RefObject<HTMLElement | null>
}

/**
 * Where a reader is in a scrolling box. It starts at the end of the box and follows the end as long as the reader is
 * there. After the least scroll up the place is the reader's, until they scroll down to the end again.
 */
export class ScrollPlace {
  readonly #parts: ScrollParts
  readonly #setNewBelow: (hasNewBelow: boolean) => void
  #place: Place = { type: 'bottom' }
  /** The `scrollTop` that was last set or read. */
  #lastTop = 0
  #lastFromEnd = Number.POSITIVE_INFINITY
  /** The end when the reader last did something by hand. A smooth scroll may arrive after the end has moved. */
  #aim = Number.POSITIVE_INFINITY
  #willLook = false

  constructor(parts: ScrollParts, setNewBelow: (hasNewBelow: boolean) => void) {
    this.#parts = parts
    this.#setNewBelow = setNewBelow
  }

  /** Watches the box and its content. Gives the function that stops it. */
  readonly watch = (): (() => void) => {
    const box = this.#parts.box.current
    const content = this.#parts.content.current
    if (!box || !content) return () => {}
    const stop = new AbortController()
    const options = { passive: true, signal: stop.signal }
    const observer = new ResizeObserver(this.#settle)
    observer.observe(content)
    observer.observe(box)
    box.addEventListener('scroll', () => this.#onScroll(box), options)
    for (const name of BY_HAND) box.addEventListener(name, () => this.#onHand(box), options)
    return () => {
      observer.disconnect()
      stop.abort()
    }
  }

  /** Goes to the end, and follows it. */
  readonly toBottom = (): void => this.#go({ type: 'bottom' })

  /** Puts a message at the top and keeps it there while what follows grows. Makes room below it if there is too little. */
  readonly holdAtTop = (element: HTMLElement): void => {
    this.#go({ type: 'held', element, offset: TOP, hasRoom: true, isSettled: false })
  }

  /** Puts a message in the middle, and keeps it there while the messages around it are drawn. */
  readonly holdInView = (element: HTMLElement): void => {
    const { clientHeight = 0 } = this.#parts.box.current ?? {}
    this.holdAt(element, Math.max(TOP, (clientHeight - element.offsetHeight) / 2))
  }

  /** Puts a message `offset` pixels below the top, and keeps it there while the messages around it are drawn. */
  readonly holdAt = (element: HTMLElement, offset: number): void => {
    this.#go({ type: 'held', element, offset, hasRoom: false, isSettled: false })
  }

  /** Whether it follows the end. */
  readonly isAtEnd = (): boolean => this.#place.type === 'bottom'

  /** Stays where it is, whatever grows. */
  readonly stay = (): void => this.#set({ type: 'free' })

  /**
   * Something was added at the end, or is about to be drawn there. A reader at the end sees it: the place follows. If they
   * have just left, `follow` looks.
   */
  readonly noticeNew = (): void => {
    if (!this.isAtEnd()) this.#lookSoon()
  }

  #lookSoon(): void {
    if (this.#willLook) return
    this.#willLook = true
    // Not now: what is told here may not be drawn yet, and nothing may come after it.
    requestAnimationFrame(this.#lookBelow)
  }

  readonly #lookBelow = (): void => {
    this.#willLook = false
    const [box, end] = [this.#parts.box.current, this.#parts.room.current]
    if (!box || !end || this.isAtEnd()) return
    if (distance(box, end) > box.clientHeight + NEAR) this.#setNewBelow(true)
  }

  /**
   * Follows the end as soon as it may have moved. The observer of sizes does so too, but it runs within a frame, and what
   * scrolls there is painted with the next one.
   */
  readonly follow = (): void => {
    const box = this.#parts.box.current
    if (!box || !this.isAtEnd()) return
    if (Math.abs(endOf(box) - box.scrollTop) <= ROUNDING) return
    // The reader has just scrolled away, and the event that says so has not come yet.
    if (box.scrollTop < this.#lastTop - ROUNDING) this.#lookSoon()
    else this.#settle()
  }

  #go(place: Place): void {
    this.#set(place)
    this.#setNewBelow(false)
    // Not now: within the commit that adds a message, this would lay out the page a second time.
    requestAnimationFrame(this.#settle)
  }

  #set(place: Place): void {
    this.#place = place
  }

  /** Scrolls to the place. */
  readonly #settle = (): void => {
    const box = this.#parts.box.current
    const room = this.#parts.room.current
    const place = this.#place
    if (!box || !room || place.type === 'free') return
    if (place.type === 'bottom') {
      giveRoom(room, 0)
      box.scrollTop = endOf(box)
    } else if (place.element.isConnected) {
      const from = distance(box, place.element) + box.scrollTop
      const end = distance(box, room) + box.scrollTop
      giveRoom(room, place.hasRoom ? Math.max(0, box.clientHeight - (end - from) - TOP) : 0)
      box.scrollTop = from - place.offset
      this.#set({ ...place, isSettled: true })
    }
    this.#lastTop = box.scrollTop
  }

  #onScroll(box: HTMLElement): void {
    const place = this.#place
    const end = endOf(box)
    const fromEnd = end - box.scrollTop
    const moved = box.scrollTop - this.#lastTop
    const isCloser = moved > 0 && fromEnd < this.#lastFromEnd
    // Checks both distances, because text that grows above moves the place down too, but no closer to the end.
    const comesDown = isCloser && Math.min(end, this.#aim) - box.scrollTop <= NEAR
    if (place.type === 'bottom' && moved < 0 && fromEnd > ROUNDING) this.#set({ type: 'free' })
    if (place.type === 'free' && (comesDown || fromEnd <= ROUNDING)) this.#set({ type: 'bottom' })
    if (place.type === 'held' && place.isSettled && Math.abs(moved) > ROUNDING) this.#set({ type: 'free' })
    if (fromEnd <= NEAR) this.#setNewBelow(false)
    else if (place.type === 'free' && comesDown) this.#settle()
    this.#lastTop = box.scrollTop
    this.#lastFromEnd = fromEnd
  }

  #onHand(box: HTMLElement): void {
    this.#aim = endOf(box)
    if (this.#place.type === 'held') this.#set({ type: 'free' })
  }
}

/** The `scrollTop` of a box that is scrolled to its end. */
function endOf(box: HTMLElement): number {
  return box.scrollHeight - box.clientHeight
}

/** Writes the height only if it changes, because setting a style costs the page its layout. */
function giveRoom(room: HTMLElement, pixels: number): void {
  const height = pixels === 0 ? '' : `${pixels}px`
  if (room.style.height !== height) room.style.height = height
}

/** Pixels from the top of the box down to the top of an element in it. */
function distance(box: HTMLElement, element: HTMLElement): number {
  return element.getBoundingClientRect().top - box.getBoundingClientRect().top
}
