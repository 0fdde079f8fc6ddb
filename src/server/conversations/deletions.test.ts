import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/harness/folder.ts'
import { runStart, silentLogger } from '../../../test/harness/log.ts'
import { systemClock as clock } from '../clock.ts'
import { insertConversation } from '../database/conversations.ts'
import type { Database } from '../database/database.ts'
import { openSqlite } from '../database/sqlite/open.ts'
import { createActiveRuns } from '../generation/activeRuns.ts'
import type { Provider } from '../generation/provider.ts'
import { CommitWindow } from '../log/commitWindow.ts'
import type { RunStore } from '../log/runStore.ts'
import { openSqliteRunStore } from '../log/sqliteRunStore.ts'
import { firstEvents } from '../log/storedLog.ts'
import { NO_REMOTE } from '../runs/remote.ts'
import { createRunService } from '../runs/runService.ts'
import { createDeletionService } from './deletions.ts'

const start = runStart()
const KEY = { id: start.conversationId, ownerId: 'owner-1' }
const provider: Provider = {
  name: 'silent',
  async *generate(_request, signal) {
    await new Promise(resolve => signal.addEventListener('abort', resolve))
  },
}

const run = { ownerId: KEY.ownerId, start, startedAt: 1, stored: firstEvents(start) }

async function seed(database: Database, store: RunStore): Promise<void> {
  await database.write('process', async queries => {
    await insertConversation(queries, {
      id: KEY.id,
      owner_id: KEY.ownerId,
      assistant: start.assistant,
      title: '',
      status: 'OPEN',
      archived: 0,
      pinned: 0,
      title_final: 1,
      created_at: 1,
      updated_at: 1,
    })
    await store.accept(queries, run)
  })
}

async function deletedAt({ queries }: Database): Promise<number | null> {
  const row = queries.selectFrom('conversations').select('deleted_at').where('id', '=', KEY.id)
  return (await row.executeTakeFirstOrThrow()).deleted_at
}

test('a deletion waits for a run that has not begun, and asks the database for nothing meanwhile', async () => {
  await using folder = await temporaryFolder()
  const database = await openSqlite(`${folder.path}/riacho.db`, silentLogger)
  const { store } = await openSqliteRunStore({ database, now: clock.now, steadyTime: clock.now })
  const window = new CommitWindow({ store, clock, logger: silentLogger, windowMs: 1 })
  try {
    await seed(database, store)
    const common = { window, clock, logger: silentLogger }
    const runs = createActiveRuns({
      ...common,
      provider,
      random: () => 0,
      maxAttempts: 1,
      maxReplyLength: 2_000_000,
    })
    const prepared = runs.prepare(run)
    let asked = 0
    const counting: Database = {
      ...database,
      write(durability, work) {
        asked++
        return database.write(durability, work)
      },
    }
    const deletions = createDeletionService({
      database: counting,
      conversations: { changeAndRead: () => Promise.reject(new Error('nothing is restored')) },
      releaseFiles: async () => {},
      files: { hasDue: async () => false, async eraseDue() {} },
      store,
      runs: createRunService({ store, runs, remote: NO_REMOTE, clock }),
      clock,
      steadyTime: clock.now,
      forgetSpending: async () => {},
      proofs: { learn() {} },
      revokeTokens() {},
    })
    const removed = deletions.remove(KEY)
    await store.sync()
    const before = asked
    // Others' writes are stored after each of its own, so that it could have asked again between them.
    for (let turn = 0; turn < 20; turn++) await store.sync()
    expect(asked).toBe(before)
    expect(await deletedAt(database)).toBeNull()
    prepared.start({
      request: { model: 'test-model', instructions: '', history: [], locale: 'en' },
    })
    await removed
    expect(await deletedAt(database)).toBeGreaterThan(0)
    expect(runs.size).toBe(0)
  } finally {
    window.close()
    await database.close()
  }
})
