import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'

/** Pixels from the end within which a reader counts as being at the end. */
const NEAR = 48

/**
 * Keeps a scrolling box at its end while the reader is there, and leaves it alone once they scroll up. `hasNewBelow`:
 * it grew out of their sight. `toBottom` goes back to the end and follows again.
 */
export function useFollowBottom(box: RefObject<HTMLElement | null>, content: RefObject<HTMLElement | null>) {
  const isFollowing = useRef(true)
  const [hasNewBelow, setNewBelow] = useState(false)

  const toBottom = useCallback(() => {
    isFollowing.current = true
    setNewBelow(false)
    if (box.current) box.current.scrollTop = box.current.scrollHeight
  }, [box])

  useEffect(() => {
    const element = box.current
    if (!element || !content.current) return
    let lastTop = element.scrollTop
    let lastHeight = element.scrollHeight
    const onScroll = () => {
      const isNear = element.scrollHeight - element.scrollTop - element.clientHeight <= NEAR
      if (isNear) {
        isFollowing.current = true
        setNewBelow(false)
      } else if (element.scrollTop < lastTop) {
        isFollowing.current = false
      }
      lastTop = element.scrollTop
    }
    const observer = new ResizeObserver(() => {
      if (isFollowing.current) element.scrollTop = element.scrollHeight
      else if (element.scrollHeight > lastHeight) setNewBelow(true)
      lastHeight = element.scrollHeight
    })
    element.addEventListener('scroll', onScroll, { passive: true })
    observer.observe(content.current)
    observer.observe(element)
    return () => {
      element.removeEventListener('scroll', onScroll)
      observer.disconnect()
    }
  }, [box, content])

  return { hasNewBelow, toBottom }
}
