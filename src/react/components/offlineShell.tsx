import { useEffect } from 'react'

/** Milliseconds that the page has for itself before the shell is kept. */
const DELAY = 3_000

/** Lets the page open without a server, where the browser allows it: over https and on localhost. */
export function OfflineShell() {
  useEffect(() => {
    // What it keeps is the start page, whose cookie is nothing for somebody who only reads what was shared.
    if (!('serviceWorker' in navigator) || location.pathname.startsWith('/s/')) return
    // A profile that stores nothing refuses; the chat does not need it.
    const register = () => navigator.serviceWorker.register('/sw.js').catch(() => undefined)
    const timer = setTimeout(register, DELAY)
    return () => clearTimeout(timer)
  }, [])
  return null
}
