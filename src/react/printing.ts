import { useSyncExternalStore } from 'react'
import { flushSync } from 'react-dom'
import { createStore } from '../client/chat/store.ts'

/** A store outside of React, so that a component that is drawn only for printing knows it from its first render. */
const printing = createStore(false, callback => callback())
let isWatched = false

/** Whether the page is being printed. The components that use it are drawn again before the browser prints. */
export function usePrinting(): boolean {
  return useSyncExternalStore(subscribe, isPrinting, () => false)
}

export const isPrinting = printing.get

/** Draws at once what is only drawn on paper. It stays until the browser has printed. */
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
