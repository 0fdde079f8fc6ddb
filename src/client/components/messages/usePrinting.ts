import { useSyncExternalStore } from 'react'
import { flushSync } from 'react-dom'

const listeners = new Set<() => void>()
let isPrinting = false

/** Whether the page is being printed. It is drawn anew before the browser takes its picture. */
export function usePrinting(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => isPrinting,
    () => false,
  )
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    window.addEventListener('beforeprint', before)
    window.addEventListener('afterprint', after)
  }
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    window.removeEventListener('beforeprint', before)
    window.removeEventListener('afterprint', after)
  }
}

/** What is drawn meanwhile, and only because of it, knows from the begin. */
function before(): void {
  flushSync(() => change(true))
}

function after(): void {
  change(false)
}

function change(value: boolean): void {
  isPrinting = value
  for (const listener of listeners) listener()
}
