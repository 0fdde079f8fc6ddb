import { useSyncExternalStore } from 'react'
import { flushSync } from 'react-dom'
import { createStore } from '../client/chat/store.ts'

/** Outside of what is drawn: what is drawn only because the page is printed knows it from the begin. */
const printing = createStore(false, callback => callback())
let isWatched = false

/** Whether the page is being printed. It is drawn anew before the browser takes its picture. */
export function usePrinting(): boolean {
  return useSyncExternalStore(subscribe, isPrinting, () => false)
}

export const isPrinting = printing.get

/** Draws at once what is drawn only on paper. It stays until the browser has printed. */
export function beginPrinting(): void {
  flushSync(() => printing.set(true))
}

function subscribe(listener: () => void): () => void {
  if (!isWatched) {
    window.addEventListener('beforeprint', beginPrinting)
    window.addEventListener('afterprint', () => printing.set(false))
  }
  isWatched = true
  return printing.subscribe(listener)
}
