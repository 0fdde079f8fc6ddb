import { useEffect } from 'react'

/** Milliseconds before the service worker is registered, so that it does not slow the page's start. */
const DELAY = 3_000

/** Tells the worker which files this page has fetched, because those of a first visit did not pass through it. */
async function tellAssets(): Promise<void> {
  const { active } = await navigator.serviceWorker.ready
  const paths = performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)
  active?.postMessage({ assets: paths.filter(path => path.startsWith('/assets/')) })
}

/** Registers the service worker, so that the page opens offline. Browsers allow that over https and on localhost. */
export function OfflineShell() {
  useEffect(() => {
    // Not on a shared page: the worker fetches the start page, which sets a cookie, and who only reads gets none.
    if (!('serviceWorker' in navigator) || location.pathname.startsWith('/s/')) return
    // A private window may refuse. The chat works without it.
    const register = () =>
      navigator.serviceWorker
        .register('/sw.js')
        .then(tellAssets)
        .catch(() => undefined)
    const timer = setTimeout(register, DELAY)
    return () => clearTimeout(timer)
  }, [])
  return null
}
