import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { LogWrite } from '../../src/server/log/eventLog.ts'
import type { NewRun } from '../../src/server/log/runStore.ts'
import { firstEvents, frameOf } from '../../src/server/log/storedLog.ts'
import { type OpenedPostgres, withPostgres } from '../contracts/openedStores.ts'
import { runStart } from '../harness/log.ts'

const OWNER = 'owner-1'

function newRun(runId: string): NewRun {
  const start = runStart(runId)
  return { ownerId: OWNER, start, startedAt: 1, stored: firstEvents(start) }
}

/** The event `seq` of a run, with its number as its text. */
function write(runId: string, seq: number, more: Partial<LogWrite> = {}): LogWrite {
  const frames = frameOf(seq, { type: 'text-delta', content: `${seq} ` })
  return { ownerId: OWNER, start: runStart(runId), segment: { fromSeq: seq, toSeq: seq, frames }, ...more }
}

/** Loses what a server loses that dies before it has synced. The connection stays, as behind a pooler. */
function loseLastBatch({ database, node }: OpenedPostgres) {
  return sql`delete from journal where node_id = ${node.id}::uuid
    and batch = (select max(batch) from journal where node_id = ${node.id}::uuid)`.execute(database.queries)
}

async function batchesOf({ database }: OpenedPostgres): Promise<number[]> {
  const { rows } = await sql<{ batch: number }>`select batch from journal order by batch`.execute(
    database.queries,
  )
  return rows.map(({ batch }) => batch)
}

test('what the server has lost is stored again before the batch that comes after it', () =>
  withPostgres(async opened => {
    const { store, accept } = opened
    await accept(newRun('a'))
    for (const seq of [2, 3, 4]) await store.commit([write('a', seq)], 'process')
    await loseLastBatch(opened)
    await loseLastBatch(opened)
    await store.commit([write('a', 5)], 'process')
    expect(await batchesOf(opened)).toEqual([1, 2, 3, 4])
    const next = await opened.reopen()
    expect((await next.read({ id: 'a', ownerId: OWNER }))?.lastSeq).toBe(5)
  }))

test('a sync of a silent node finds out what the server has lost', () =>
  withPostgres(async opened => {
    const { store, accept } = opened
    await accept(newRun('a'))
    await store.commit([write('a', 2)], 'process')
    await loseLastBatch(opened)
    await store.sync()
    const next = await opened.reopen()
    expect((await next.read({ id: 'a', ownerId: OWNER }))?.lastSeq).toBe(2)
  }))

test('a batch that is stored again takes no checkpoint back', () =>
  withPostgres(async opened => {
    const { store, accept, database } = opened
    const checkpoint = async () =>
      (
        await database.queries
          .selectFrom('runs')
          .select('checkpoint')
          .where('id', '=', 'a')
          .executeTakeFirst()
      )?.checkpoint
    await accept(newRun('a'))
    await store.commit([write('a', 2, { checkpoint: 'one' })], 'process')
    await store.commit([write('a', 3, { checkpoint: 'two' })], 'process')
    await store.commit([write('a', 4)], 'process')
    await loseLastBatch(opened)
    await database.queries
      .updateTable('runs')
      .set({ checkpoint: 'not set again' })
      .where('id', '=', 'a')
      .execute()
    await store.commit([write('a', 5)], 'process')
    expect(await checkpoint()).toBe('not set again')
  }))

test('a server that lacks even what was synced gets the batches that come', () =>
  withPostgres(async opened => {
    const { store, accept, database } = opened
    await accept(newRun('a'))
    await store.commit([write('a', 2)], 'power')
    await sql`delete from journal`.execute(database.queries)
    await store.commit([write('a', 3)], 'process')
    expect(await batchesOf(opened)).toEqual([2])
  }))

test('a wait of the provider of any length is stored', () =>
  withPostgres(async ({ store, accept }) => {
    await accept(newRun('a'))
    const event = {
      status: 'failed',
      code: 'UPSTREAM_RATE_LIMIT',
      retryable: true,
      retryAfter: 99_999_999_999,
    } as const
    await store.commit([write('a', 2, { end: { event, seq: 3, parts: [] } })], 'power')
    expect((await store.read({ id: 'a', ownerId: OWNER }))?.end).toMatchObject({ retryAfter: 99_999_999_999 })
  }))
