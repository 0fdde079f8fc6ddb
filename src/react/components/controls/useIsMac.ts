import { useSyncExternalStore } from 'react'

/** Whether shortcuts use ⌘. The build does not know and draws Ctrl; the browser then draws again if that is wrong. */
export function useIsMac(): boolean {
  return useSyncExternalStore(noChanges, isMac, () => false)
}

export function isMac(): boolean {
  return /mac|iphone|ipad/i.test(navigator.platform)
}

function noChanges(): () => void {
  return () => {}
}
