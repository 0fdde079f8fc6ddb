import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { LogWrite } from '../../src/server/log/eventLog.ts'
import { firstEvents } from '../../src/server/log/storedLog.ts'
import { runStart } from '../harness/log.ts'
import { type OpenedPostgres, withPostgres } from './openedStores.ts'

const OWNER = 'owner-1'
const start = runStart()
const write: LogWrite = {
  ownerId: OWNER,
  start,
  segment: { fromSeq: 2, toSeq: 2, frames: 'id: 2\ndata: {"content":"um"}\n\n' },
  end: { event: { status: 'completed' }, seq: 3, parts: [{ id: '1', type: 'text', text: 'um' }] },
}

const withRun = (work: (opened: OpenedPostgres) => Promise<void>) =>
  withPostgres(async opened => {
    await opened.accept({ ownerId: OWNER, start, startedAt: 1, stored: firstEvents(start) })
    await work(opened)
  })

/** What is stored of the run besides its first event. */
async function storedOf({ database: { queries } }: OpenedPostgres): Promise<unknown> {
  const { rows } = await sql`select (select count(*) from journal) as journal, (select count(*) from messages
    where role = 'ASSISTANT') as replies, (select status from runs) as status`.execute(queries)
  return rows[0]
}

const NOTHING = { journal: 0, replies: 0, status: 'active' }

test('a node that another one has taken over stores nothing more', () =>
  withRun(async opened => {
    const { database, store, node } = opened
    await sql`update nodes set dead_at = now() where id = ${node.id}::uuid`.execute(database.queries)
    await expect(store.commit([write], 'process')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(await storedOf(opened)).toEqual(NOTHING)
  }))

test('a window that comes during a takeover waits for it, and stores nothing', () =>
  withRun(async opened => {
    const { database, store, node } = opened
    const stored = Promise.withResolvers<void>()
    await database.queries.transaction().execute(async takeover => {
      await sql`select id from nodes where id = ${node.id}::uuid for update`.execute(takeover)
      await sql`update nodes set dead_at = now() where id = ${node.id}::uuid`.execute(takeover)
      store.commit([write], 'process').then(stored.resolve, stored.reject)
      stored.promise.catch(() => {})
      await expect.poll(() => waitingFor(opened)).toBe(1)
    })
    await expect(stored.promise).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(await storedOf(opened)).toEqual(NOTHING)
  }))

/** How many connections wait for a lock. */
async function waitingFor({ database: { queries } }: OpenedPostgres): Promise<unknown> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(queries)
  return rows[0]?.n
}
