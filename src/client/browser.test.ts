import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createBrowser } from './browser.ts'

/** Node has no page: what is listened to are real event targets in its place. */
class PageTransition extends Event {
  readonly persisted: boolean

  constructor(type: string, { persisted }: { persisted: boolean }) {
    super(type)
    this.persisted = persisted
  }
}

let page: EventTarget
let tab: EventTarget & { visibilityState: string }

beforeEach(() => {
  page = new EventTarget()
  tab = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  vi.stubGlobal('window', page)
  vi.stubGlobal('document', tab)
  vi.stubGlobal('PageTransitionEvent', PageTransition)
})

afterEach(() => {
  vi.unstubAllGlobals()
})

function show(state: 'visible' | 'hidden') {
  tab.visibilityState = state
  tab.dispatchEvent(new Event('visibilitychange'))
}

test('a tab wakes when the network is back, when it is seen again, and when it comes out of the page cache', () => {
  const woken: string[] = []
  let cause = ''
  const stop = createBrowser().events.onWake(() => woken.push(cause))
  const causes: [string, () => void][] = [
    ['online', () => page.dispatchEvent(new Event('online'))],
    ['hidden', () => show('hidden')],
    ['visible', () => show('visible')],
    ['first pageshow', () => page.dispatchEvent(new PageTransition('pageshow', { persisted: false }))],
    ['pageshow', () => page.dispatchEvent(new PageTransition('pageshow', { persisted: true }))],
  ]
  for (const [name, act] of causes) {
    cause = name
    act()
  }
  expect(woken).toEqual(['online', 'visible', 'pageshow'])
  stop()
  page.dispatchEvent(new Event('online'))
  expect(woken.length).toBe(3)
})

test('a tab says when it is covered, and when it is left', () => {
  const hidden: boolean[] = []
  const stop = createBrowser().events.onHide(isGone => hidden.push(isGone))
  show('hidden')
  show('visible')
  page.dispatchEvent(new PageTransition('pagehide', { persisted: true }))
  expect(hidden).toEqual([false, true])
  stop()
  show('hidden')
  expect(hidden.length).toBe(2)
})
