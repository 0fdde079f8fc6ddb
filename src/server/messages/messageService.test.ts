import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/harness/folder.ts'
import { silentLogger } from '../../../test/harness/log.ts'
import { systemClock as clock } from '../clock.ts'
import { loadAssistants } from '../config/assistant.ts'
import { createRequireRoom } from '../conversations/requireRoom.ts'
import type { Database } from '../database/database.ts'
import { listActiveRunIds } from '../database/runs.ts'
import type { Queries } from '../database/schema.ts'
import { openSqlite } from '../database/sqlite/open.ts'
import { type ActiveRuns, createActiveRuns } from '../generation/activeRuns.ts'
import { CommitWindow } from '../log/commitWindow.ts'
import { openSqliteRunStore } from '../log/sqliteRunStore.ts'
import { createMessageService, type MessageService } from './messageService.ts'

const caller = { ownerId: 'owner-1', kind: 'visitor', locale: 'en' } as const
const assistantsFolder = join(import.meta.dirname, '..', '..', '..', 'assistants')

interface Opened {
  database: Database
  runs: ActiveRuns
  messages: MessageService
  /** How often the provider was asked. */
  asked: () => number
}

/** `last` runs at the end of each transaction. */
async function withMessages(
  work: (opened: Opened) => Promise<void>,
  last: (queries: Queries) => Promise<void> = async () => {},
): Promise<void> {
  await using folder = await temporaryFolder()
  const database = await openSqlite(join(folder.path, 'riacho.db'), silentLogger)
  const { store } = await openSqliteRunStore({ database, now: clock.now, steadyTime: clock.now })
  const window = new CommitWindow({ store, clock, logger: silentLogger, windowMs: 1 })
  let asked = 0
  const runs = createActiveRuns({
    provider: {
      name: 'silent',
      async *generate(_request, signal) {
        asked++
        await new Promise(resolve => signal.addEventListener('abort', resolve))
      },
    },
    window,
    clock,
    logger: silentLogger,
    random: () => 0,
    maxAttempts: 1,
    maxReplyLength: 2_000_000,
  })
  const watched: Database = {
    ...database,
    writeFor: (ownerId, durability, work) =>
      database.writeFor(ownerId, durability, async (queries, transaction) => {
        const value = await work(queries, transaction)
        await last(queries)
        return value
      }),
  }
  const assistants = await loadAssistants(assistantsFolder, { defaultModel: 'test-model' })
  let ids = 0
  const createId = () => `id-${ids++}`
  const makesTitles = false
  const messages = createMessageService({
    database: watched,
    store,
    runs,
    assistants,
    clock,
    steadyTime: clock.now,
    createId,
    requireRoom: createRequireRoom(0),
    reserve: async () => {},
    documentTokens: 0,
    maxMessageLength: 1_048_576,
    makesTitles,
    onAnswered() {},
  })
  try {
    await work({ database, runs, messages, asked: () => asked })
    await Promise.all(runs.active().map(run => run.stop()))
  } finally {
    window.close()
    await database.close()
  }
}

test('whoever finds the row of a run also finds its log, also in the same group of writes', () =>
  withMessages(async ({ database, runs, messages, asked }) => {
    const request = { clientMessageId: 'message-1', content: 'Oi' }
    const sends = [messages.send(caller, request), messages.send(caller, request)]
    const found = database.write('process', async queries => {
      const ids = await listActiveRunIds(queries, caller.ownerId)
      return ids.map(id => ({ id, hasLog: runs.log(id) !== undefined }))
    })
    const [first, second] = await Promise.all(sends)
    expect(second).toEqual(first)
    expect(await found).toEqual([{ id: first?.runId, hasLog: true }])
    expect([runs.size, asked()]).toEqual([1, 1])
  }))

const FAILURES: Record<string, (queries: Queries) => Promise<void>> = {
  'in the middle': async () => {
    throw new Error('no')
  },
  // With `defer_foreign_keys` the insert passes, and the commit fails because there is no such run.
  'at commit': async queries => {
    await sql`pragma defer_foreign_keys = on`.execute(queries)
    await sql`insert into segments (run_id, from_seq, to_seq, frames) values ('none', 1, 1, '')`.execute(
      queries,
    )
  },
}

for (const [when, fail] of Object.entries(FAILURES)) {
  test(`a message whose transaction fails ${when} leaves no log, and the provider is not asked`, () =>
    withMessages(async ({ database, runs, messages, asked }) => {
      await expect(messages.send(caller, { content: 'Oi' })).rejects.toThrow()
      expect(await listActiveRunIds(database.queries, caller.ownerId)).toEqual([])
      expect([runs.size, asked()]).toEqual([0, 0])
    }, fail))
}

test('a run that is stored starts, and another one is refused until its end', () =>
  withMessages(async ({ runs, messages, asked }) => {
    const { runId } = await messages.send(caller, { content: 'Oi' })
    expect([runs.size, asked()]).toEqual([1, 1])
    const userMessageId = runs.log(runId)?.start.userMessageId ?? ''
    await expect(messages.rerun(caller, { userMessageId })).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
    await runs.stop(runId)
    const again = await messages.rerun(caller, { userMessageId, clientRunId: 'again' })
    expect(await messages.rerun(caller, { userMessageId, clientRunId: 'again' })).toEqual(again)
    expect([runs.size, asked()]).toEqual([1, 2])
  }))
