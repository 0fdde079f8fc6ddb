// The conformance suite of Durable Streams, run over Riacho's log, commit window and SQLite store.
import { join } from 'node:path'
import { runConformanceTests } from '@durable-streams/server-conformance-tests'
import { Agent, setGlobalDispatcher } from 'undici'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { systemClock } from '../../src/server/clock.ts'
import { openSqlite } from '../../src/server/database/sqlite/open.ts'
import { CommitWindow } from '../../src/server/log/commitWindow.ts'
import { openSqliteRunStore } from '../../src/server/log/sqliteRunStore.ts'
import { serveHandler } from '../harness/fetchServer.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { silentLogger } from '../harness/log.ts'
import { createFacade } from './facade.ts'

/** What a log of Riacho does not do, by the names of the cases. */
const LEFT_OUT = [
  {
    what: /^Fork - /,
    reason: 'a log is not forked, because a fork of a conversation copies its messages',
    cases: 82,
  },
  { what: /Producer|-dedup:/i, reason: 'a run has one writer, so there are no producers', cases: 38 },
  { what: /TTL|Expir/i, reason: 'a log has no lifetime of its own', cases: 29 },
]
/** docs/reliability.md publishes these numbers. */
const PASSED = 183

const config = { baseUrl: '', longPollTimeoutMs: 2_000 }
const passed = new Set<string>()
const leftOut = new Map(LEFT_OUT.map(group => [group, 0]))
const open = new AsyncDisposableStack()
let hangUp = () => {}

beforeAll(async () => {
  // The suite calls `fetch`. By itself it would connect anew after each answer that the suite does not read to its end.
  const agent = new Agent()
  setGlobalDispatcher(agent)
  open.defer(() => agent.destroy())
  const folder = open.use(await temporaryFolder())
  const database = await openSqlite(join(folder.path, 'riacho.db'), silentLogger)
  open.defer(() => database.close())
  const { now } = systemClock
  const { store } = await openSqliteRunStore({ database, now, steadyTime: now })
  const window = new CommitWindow({ store, clock: systemClock, logger: silentLogger, windowMs: 1 })
  open.defer(() => window.close())
  const facade = createFacade({ database, store, window })
  hangUp = facade.hangUp
  config.baseUrl = open.use(await serveHandler(facade.answer)).url
})

beforeEach(({ task, skip }) => {
  const names = [task.suite?.suite?.name, task.suite?.name, task.name].join(' ').trim()
  const group = LEFT_OUT.find(({ what }) => what.test(names))
  if (!group) return void passed.add(task.id)
  leftOut.set(group, (leftOut.get(group) ?? 0) + 1)
  skip(group.reason)
})

// The suite leaves some answers open.
afterEach(({ task }) => {
  hangUp()
  if (task.result?.errors?.length) passed.delete(task.id)
})

afterAll(async () => {
  await open.disposeAsync()
  expect([...leftOut.values()]).toEqual(LEFT_OUT.map(({ cases }) => cases))
  expect(passed.size).toBe(PASSED)
})

runConformanceTests(config)
