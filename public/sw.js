/*
 * Serves the page's shell when the server cannot be reached. It keeps the start page, which holds nothing of anybody's,
 * and the scripts, styles and fonts it names. Everything under /api, and every other page, is the network's alone.
 */
const CACHE = 'riacho-shell'
const SHELL = '/'
const ASSET = /\/assets\/[^"'\\\s>]+/g
/** Answers of a proxy whose server is down. */
const UNREACHABLE = [502, 503, 504]

self.addEventListener('install', event => {
  self.skipWaiting()
  event.waitUntil(refresh())
})

self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))

self.addEventListener('fetch', event => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (url.pathname.startsWith('/assets/')) event.respondWith(asset(event))
  else if (request.mode === 'navigate' && (url.pathname === '/' || url.pathname.startsWith('/c/')))
    event.respondWith(page(event))
})

/** The first page was fetched before this worker: it tells which files it uses beyond those that the shell names. */
self.addEventListener('message', event => {
  const paths = Array.isArray(event.data?.assets) ? event.data.assets : []
  event.waitUntil(Promise.all(paths.filter(isAsset).map(keepMissing)))
})

function isAsset(path) {
  return typeof path === 'string' && path.startsWith('/assets/')
}

async function keepMissing(path) {
  try {
    if (await caches.match(path, { cacheName: CACHE })) return
    const response = await fetch(path)
    if (response.ok) await keep(path, response)
  } catch {
    // No network: the file is kept when it is fetched the next time.
  }
}

self.addEventListener('notificationclick', event => {
  event.notification.close()
  event.waitUntil(show(event.notification.data?.path ?? '/'))
})

async function show(path) {
  const [tab] = await self.clients.matchAll({ type: 'window' })
  if (!tab) return self.clients.openWindow(path)
  await tab.focus()
  return tab.navigate(path)
}

/** The server's answer; without a server the shell, which reads the conversation once there is one again. */
async function page(event) {
  try {
    const response = await fetch(event.request)
    if (UNREACHABLE.includes(response.status)) return (await shell()) ?? response
    if (response.ok) event.waitUntil(refresh())
    return response
  } catch (error) {
    const kept = await shell()
    if (kept) return kept
    throw error
  }
}

/** `undefined` when there is none, or storage cannot be read. */
function shell() {
  return caches.match(SHELL, { cacheName: CACHE }).catch(() => undefined)
}

/** Files under /assets never change under one name. What the network gave is served, kept or not. */
async function asset(event) {
  const { request } = event
  const known = await caches.match(request, { cacheName: CACHE }).catch(() => undefined)
  if (known) return known
  const response = await fetch(request)
  if (response.ok) event.waitUntil(keep(request, response.clone()))
  return response
}

async function keep(request, response) {
  try {
    const cache = await caches.open(CACHE)
    await cache.put(request, response)
  } catch {
    // Storage is full: the file is fetched again the next time.
  }
}

/** Keeps the shell as it is now, and then forgets what an earlier build left. A failure leaves the earlier one whole. */
async function refresh() {
  try {
    const response = await fetch(SHELL, { cache: 'no-store' })
    const html = await response.clone().text()
    // What a proxy shows in its place, to sign in or while the server is mended, is no page of ours.
    if (!response.ok || response.redirected || !html.includes('<div id="root"')) return
    const cache = await caches.open(CACHE)
    const before = (await (await cache.match(SHELL))?.text()) ?? ''
    if (markOf(before) === markOf(html)) return
    const assets = assetsOf(html)
    const files = await Promise.all(assets.map(path => fetch(path)))
    if (!files.every(file => file.ok)) return
    await Promise.all(files.map((file, index) => cache.put(assets[index], file)))
    await cache.put(SHELL, response)
    // The same build, in another language: what it fetched later on, which no page names, is still its own.
    if (entriesOf(before) === entriesOf(html)) return
    const kept = [SHELL, ...assets].map(path => new URL(path, self.location.origin).href)
    for (const request of await cache.keys()) if (!kept.includes(request.url)) await cache.delete(request)
  } catch {
    // No network, or storage is full: what was kept stays, and the next page tries again.
  }
}

/** What makes one shell another: its files, and its language and theme. */
function markOf(html) {
  return [/<html[^>]*>/.exec(html)?.[0], ...assetsOf(html)].join('\n')
}

/** The script and the styles that a page begins with: with their names, those of all that they lead to change. */
function entriesOf(html) {
  return html.match(/<script[^>]* src="[^"]*"|<link rel="stylesheet"[^>]*>/g)?.join()
}

function assetsOf(html) {
  return [...new Set(html.match(ASSET))].sort()
}
