import { startTransition, useEffect, useState } from 'react'

/**
 * The first items of many, and `step` more after each drawing, so that no drawing of a long text holds up the page. What
 * grows while it is read is drawn at once, because only its end is new.
 */
export function useGradually<Item>(
  items: readonly Item[],
  { step, isGrowing }: { step: number; isGrowing: boolean },
): readonly Item[] {
  const [count, setCount] = useState(isGrowing ? Number.POSITIVE_INFINITY : step)
  const isWhole = count >= items.length
  useEffect(() => {
    if (isWhole) return
    const timer = setTimeout(() => startTransition(() => setCount(count + step)))
    return () => clearTimeout(timer)
  }, [count, step, isWhole])
  return isWhole ? items : items.slice(0, count)
}
