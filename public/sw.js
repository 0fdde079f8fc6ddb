/*
 * Serves the page's shell when the server cannot be reached. It keeps the start page, which holds nothing of anybody's,
 * and the scripts, styles and fonts it names. Everything under /api, and every other page, is the network's alone.
 */
const CACHE = 'riacho-shell'
const SHELL = '/'
const ASSET = /\/_next\/static\/[^"'\\\s>]+/g

self.addEventListener('install', event => {
  self.skipWaiting()
  event.waitUntil(refresh())
})

self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))

self.addEventListener('fetch', event => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (url.pathname.startsWith('/_next/static/')) event.respondWith(asset(request))
  else if (request.mode === 'navigate' && (url.pathname === '/' || url.pathname.startsWith('/c/')))
    event.respondWith(page(event))
})

/** The server's answer; without a server the shell, which reads the conversation once there is one again. */
async function page(event) {
  try {
    const response = await fetch(event.request)
    if (response.ok) event.waitUntil(refresh())
    return response
  } catch (error) {
    const shell = await caches.match(SHELL, { cacheName: CACHE })
    if (shell) return shell
    throw error
  }
}

/** Files under /_next/static never change under one name. */
async function asset(request) {
  const cache = await caches.open(CACHE)
  const known = await cache.match(request)
  if (known) return known
  const response = await fetch(request)
  if (response.ok) await cache.put(request, response.clone())
  return response
}

/** Keeps the shell as it is now, and forgets what an earlier build left. */
async function refresh() {
  const response = await fetch(SHELL, { cache: 'no-store' })
  if (!response.ok) return
  const cache = await caches.open(CACHE)
  const before = await cache.match(SHELL)
  const assets = assetsOf(await response.clone().text())
  if (before && assetsOf(await before.text()).join() === assets.join()) return
  const files = await Promise.all(assets.map(path => fetch(path)))
  if (!files.every(file => file.ok)) return
  for (const request of await cache.keys()) await cache.delete(request)
  await Promise.all(files.map((file, index) => cache.put(assets[index], file)))
  await cache.put(SHELL, response)
}

function assetsOf(html) {
  return [...new Set(html.match(ASSET))].sort()
}
