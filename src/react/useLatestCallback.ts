import { useCallback, useLayoutEffect, useRef } from 'react'

/**
 * A function that always stays the same, and calls the `callback` of the last draw. It is for effects and listeners, not for
 * use while drawing. `useEffectEvent` of React does the same, but the React inside Next.js 15 does not have it.
 */
export function useLatestCallback<Args extends unknown[]>(
  callback: (...args: Args) => void,
): (...args: Args) => void {
  const latest = useRef(callback)
  useLayoutEffect(() => {
    latest.current = callback
  })
  return useCallback((...args: Args) => latest.current(...args), [])
}
