import { afterEach, expect, test, vi } from 'vitest'
import { allHighlighted, type HighlightAnswer, type HighlightRequest, highlight } from './highlight.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** Workers whose file can or cannot be fetched. Node has no web workers. */
function serveWorkers() {
  const made: FakeWorker[] = []
  let isThere = false
  class FakeWorker {
    onmessage: ((event: { data: HighlightAnswer }) => void) | null = null
    onerror: (() => void) | null = null
    isTerminated = false
    readonly isThere = isThere

    constructor() {
      made.push(this)
      if (!isThere) setImmediate(() => this.onerror?.())
    }

    postMessage({ id, code }: HighlightRequest) {
      if (this.isThere) setImmediate(() => this.onmessage?.({ data: { id, runs: [[code, 'keyword']] } }))
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
  await allHighlighted()
  expect(workers.terminated()).toEqual([true])
  expect(await highlight('js', '3')).toBeNull()
  workers.appear()
  expect(await highlight('js', '4')).toEqual([['4', 'keyword']])
  await allHighlighted()
  expect(workers.terminated()).toEqual([true, true, false])
})
