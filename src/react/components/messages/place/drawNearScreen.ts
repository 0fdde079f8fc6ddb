import { type RefObject, useEffect, useMemo } from 'react'
import { flushSync } from 'react-dom'

/** How far from the screen a message is drawn ahead. */
const MARGIN = '1500px 0px'
/** Milliseconds of each frame in which messages are drawn. */
const BUDGET = 8

/** Tells the messages of a long conversation whether they are near the screen. */
export interface NearScreen {
  /**
   * Calls `onChange` when the element comes near the screen or goes far from it. `height` is its height at that moment, in
   * pixels. Gives the function that stops it.
   */
  watch(element: Element, onChange: (isNear: boolean, height: number) => void): () => void
}

interface Watched {
  onChange(isNear: boolean, height: number): void
  stop(): void
}

/**
 * Watches all messages with one observer. Each frame draws a few of those that came near, the nearest ones first, so that
 * a jump in a long conversation does not block the page.
 */
export function useDrawNearScreen(box: RefObject<HTMLElement | null>): NearScreen {
  const nearScreen = useMemo(() => createNearScreen(() => box.current), [box])
  useEffect(() => nearScreen.close, [nearScreen])
  return nearScreen
}

function createNearScreen(boxOf: () => HTMLElement | null): NearScreen & { close(): void } {
  const watched = new Map<Element, Watched>()
  let waiting: { element: Element; distance: number; height: number }[] = []
  let observer: IntersectionObserver | null = null

  function notice(entries: readonly IntersectionObserverEntry[]) {
    const isIdle = waiting.length === 0
    for (const { target, isIntersecting, boundingClientRect, rootBounds } of entries) {
      const { height, top, bottom } = boundingClientRect
      waiting = waiting.filter(({ element }) => element !== target)
      if (!isIntersecting) watched.get(target)?.onChange(false, height)
      else {
        const middle = rootBounds ? (rootBounds.top + rootBounds.bottom) / 2 : 0
        waiting.push({ element: target, distance: Math.abs((top + bottom) / 2 - middle), height })
      }
    }
    waiting.sort((one, other) => one.distance - other.distance)
    if (isIdle && waiting.length > 0) requestAnimationFrame(draw)
  }

  function draw() {
    const until = performance.now() + BUDGET
    do {
      const next = waiting.shift()
      if (next) flushSync(() => watched.get(next.element)?.onChange(true, next.height))
    } while (waiting.length > 0 && performance.now() < until)
    if (waiting.length > 0) requestAnimationFrame(draw)
  }

  return {
    watch: (element, onChange) => {
      observer ??= new IntersectionObserver(notice, { root: boxOf(), rootMargin: MARGIN })
      observer.observe(element)
      const box = boxOf()
      const stop = box ? keepPlace(box, element) : () => {}
      watched.set(element, { onChange, stop })
      return () => {
        observer?.unobserve(element)
        stop()
        watched.delete(element)
      }
    },
    close: () => {
      observer?.disconnect()
      observer = null
    },
  }
}

/** In a browser without scroll anchoring: when a message above the screen grows, scrolls by as much. */
function keepPlace(box: HTMLElement, element: Element): () => void {
  if (CSS.supports('overflow-anchor', 'auto')) return () => {}
  let height = element.getBoundingClientRect().height
  const observer = new ResizeObserver(() => {
    const rect = element.getBoundingClientRect()
    const isAbove = rect.top + height <= box.getBoundingClientRect().top
    if (isAbove) box.scrollTop += rect.height - height
    height = rect.height
  })
  observer.observe(element)
  return () => observer.disconnect()
}
