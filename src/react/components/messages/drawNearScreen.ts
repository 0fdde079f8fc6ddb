import { type RefObject, useEffect, useMemo } from 'react'
import { flushSync } from 'react-dom'

/** How far from the screen a message is drawn ahead. */
const MARGIN = '1500px 0px'
/** Milliseconds of each frame in which messages are drawn. */
const BUDGET = 8

/** Tells messages of a long conversation whether they are near the screen. */
export interface Drawing {
  /**
   * Calls `onChange` when the element comes near or goes far, with its height as it is then, in pixels. Gives the way to
   * stop it.
   */
  watch(element: Element, onChange: (isNear: boolean, height: number) => void): () => void
}

interface Watched {
  onChange(isNear: boolean, height: number): void
  stop(): void
}

/**
 * One observer for all messages. Those that come near are drawn a few a frame, the nearest first, so that a jump in a
 * long conversation does not hold the page up.
 */
export function useDrawing(box: RefObject<HTMLElement | null>): Drawing {
  const drawing = useMemo(() => createDrawing(() => box.current), [box])
  useEffect(() => drawing.close, [drawing])
  return drawing
}

function createDrawing(boxOf: () => HTMLElement | null): Drawing & { close(): void } {
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

/** What a browser without scroll anchoring needs: a message above the screen that grows moves nothing on it. */
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
