import { afterEach, expect, test, vi } from 'vitest'
import { type HighlightAnswer, type HighlightRequest, highlight, READY } from './highlight.ts'
import { doAllNow } from './whenIdle.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** Code that no worker finishes. */
const ENDLESS = 'endless'

/** Workers whose file can or cannot be fetched. Node has no web workers. */
function serveWorkers() {
  const made: FakeWorker[] = []
  let isThere = false
  class FakeWorker {
    onmessage: ((event: { data: HighlightAnswer | typeof READY }) => void) | null = null
    onerror: (() => void) | null = null
    isTerminated = false
    readonly isThere = isThere

    constructor() {
      made.push(this)
      setImmediate(() => (isThere ? this.onmessage?.({ data: READY }) : this.onerror?.()))
    }

    postMessage({ id, code }: HighlightRequest) {
      if (this.isThere && code !== ENDLESS)
        setImmediate(() => this.onmessage?.({ data: { id, runs: [[code, 'keyword']] } }))
    }

    terminate() {
      this.isTerminated = true
    }
  }
  vi.stubGlobal('Worker', FakeWorker)
  return {
    terminated: () => made.map(({ isTerminated }) => isTerminated),
    appear: () => {
      isThere = true
    },
  }
}

test('code stays plain when the worker cannot be loaded, and the next code tries again', async () => {
  const workers = serveWorkers()
  expect(await Promise.all([highlight('js', '1'), highlight('js', '2')])).toEqual([null, null])
  await doAllNow()
  expect(workers.terminated()).toEqual([true])
  expect(await highlight('js', '3')).toBeNull()
  workers.appear()
  expect(await highlight('js', '4')).toEqual([['4', 'keyword']])
  await doAllNow()
  expect(workers.terminated()).toEqual([true, true, false])
})

test('code that takes too long stays plain, and the code after it gets a new worker', async () => {
  const workers = serveWorkers()
  workers.appear()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const codes = [ENDLESS, ENDLESS, '5'].map(code => highlight('js', code))
  for (const endless of codes.slice(0, 2)) {
    await new Promise(setImmediate)
    vi.advanceTimersByTime(3000)
    expect(await endless).toBeNull()
  }
  expect(await codes[2]).toEqual([['5', 'keyword']])
  expect(workers.terminated()).toEqual([true, false])
  await doAllNow()
  expect(vi.getTimerCount()).toBe(0)
})

test('whoever hurries waits for the colours of all code that was asked for', async () => {
  const workers = serveWorkers()
  workers.appear()
  const coloured: string[] = []
  for (const code of ['6', '7']) void highlight('js', code).then(() => coloured.push(code))
  await doAllNow()
  expect(coloured).toEqual(['6', '7'])
})
