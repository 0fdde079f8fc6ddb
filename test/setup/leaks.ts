import { afterEach, beforeEach, expect } from 'vitest'
import { onPostgres } from '../harness/testDatabase.ts'

/**
 * What a test must close: sockets, listening ports, open files. The pipes and timers of Vitest itself are in the
 * baseline.
 */
const WATCHED = new Set([
  'TCPSocketWrap',
  'TCPServerWrap',
  'TLSWrap',
  'FileHandle',
  'ProcessWrap',
  'StatWatcher',
])

// Pools of connections grow while a shared server is used.
if (onPostgres) WATCHED.delete('TCPSocketWrap')

let before: string[] = []

beforeEach(() => {
  before = open()
})

/** A handle closes a few turns of the event loop after it was told to. */
afterEach(async () => {
  const started = performance.now()
  while (open().length > before.length && performance.now() - started < 2000) {
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(open().length > before.length ? open() : [], 'handles that the test left open').toEqual([])
})

function open(): string[] {
  return process.getActiveResourcesInfo().filter(name => WATCHED.has(name))
}
