import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readDraftText, saveDraft } from '../client/chat/composing/savedDrafts.ts'
import { scopeOf } from '../client/ownerScope.ts'
import { createBrowser } from './createBrowser.ts'

const NOTHING = { content: '', attachments: [] }

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
  sessionStorage.clear()
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

/** Leaves room for less than a thousand characters. Of Node's two storages, one needs no file. */
function fillStorage() {
  vi.stubGlobal('localStorage', sessionStorage)
  for (let size = 2 ** 22; size >= 500; ) {
    try {
      sessionStorage.setItem(`full.${sessionStorage.length}`, 'x'.repeat(size))
    } catch {
      size /= 2
    }
  }
}

test('what storage has no room for is what this tab reads there, until another one writes', () => {
  fillStorage()
  const { localStorage: storage } = createBrowser()
  storage.write('short', 'one')
  storage.write('short', 'y'.repeat(2000))
  expect(sessionStorage.getItem('short')).toBe('one')
  expect(storage.read('short')).toBe('y'.repeat(2000))
  sessionStorage.setItem('short', 'two')
  expect(storage.read('short')).toBe('two')
  storage.write('long', 'y'.repeat(2000))
  storage.clear('lo')
  expect(storage.read('long')).toBeNull()
})

test('with full storage, a message that was sent does not come back as a draft', () => {
  fillStorage()
  const browser = createBrowser()
  const typed = { content: 'olhe isto', attachments: [] }
  const pasted = { ...typed, attachments: [{ name: 'nota.txt', text: 'x'.repeat(2000) }] }
  saveDraft(browser, null, { before: NOTHING, after: typed })
  saveDraft(browser, null, { before: typed, after: pasted })
  saveDraft(browser, null, { before: pasted, after: NOTHING })
  expect(readDraftText(createBrowser(), null)).toBe('')
})

test('a page that is refused locks and channels goes on without', async () => {
  class Refusing {
    constructor() {
      throw new DOMException('denied', 'SecurityError')
    }
  }
  vi.stubGlobal('navigator', { locks: { request: async () => new Refusing() } })
  vi.stubGlobal('localStorage', sessionStorage)
  vi.stubGlobal('BroadcastChannel', Refusing)
  sessionStorage.setItem('riacho.tabs.another.key', 'left')
  const { events, tabStorage } = createBrowser()
  events.onHint(() => {})()
  events.sendHint('c1')
  tabStorage.write('key', 'kept')
  await tabStorage.takeOver(() => {})
  expect(tabStorage.read('key')).toBe('kept')
})

test('what is typed has the name of its owner, and that of visitors is where it has always been', () => {
  const browserOf = (base: string, owner: string | null) =>
    createBrowser({
      base,
      fetch,
      scope: scopeOf(base, owner),
      isKept: true,
      address: () => ({
        read: () => null,
        readMessage: () => null,
        write: () => {},
        onChange: () => () => {},
      }),
    })
  sessionStorage.setItem('riacho.draft.new', 'de antes')
  vi.stubGlobal('localStorage', sessionStorage)
  expect(readDraftText(createBrowser(), null)).toBe('de antes')
  expect(readDraftText(browserOf('', null), null)).toBe('de antes')
  const people = [
    browserOf('', 'ana'),
    browserOf('', 'bia'),
    browserOf('/chat', 'ana'),
    browserOf('/chat', null),
  ]
  for (const [index, browser] of people.entries()) {
    expect(readDraftText(browser, null)).toBe('')
    saveDraft(browser, null, { before: NOTHING, after: { content: `de ${index}`, attachments: [] } })
  }
  expect(people.map(browser => readDraftText(browser, null))).toEqual(['de 0', 'de 1', 'de 2', 'de 3'])
  expect(readDraftText(createBrowser(), null)).toBe('de antes')
})
