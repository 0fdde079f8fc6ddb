import { useSyncExternalStore } from 'react'

/** Whether shortcuts go with ⌘. On the server nobody knows, and the page is drawn again where they do. */
export function useIsMac(): boolean {
  return useSyncExternalStore(noChanges, isMac, () => false)
}

export function isMac(): boolean {
  return /mac|iphone|ipad/i.test(navigator.platform)
}

function noChanges(): () => void {
  return () => {}
}
