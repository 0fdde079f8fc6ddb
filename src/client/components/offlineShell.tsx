'use client'

import { useEffect } from 'react'

/** Lets the page open without a server, where the browser allows it: over https and on localhost. */
export function OfflineShell() {
  useEffect(() => {
    if (!('serviceWorker' in navigator)) return
    // A profile that stores nothing refuses; the chat does not need it.
    navigator.serviceWorker.register('/sw.js').catch(() => undefined)
  }, [])
  return null
}
