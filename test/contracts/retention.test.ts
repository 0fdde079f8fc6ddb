import { type KyselyPlugin, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { createRetentionService } from '../../src/server/conversations/retentionService.ts'
import { moveHead } from '../../src/server/database/conversations.ts'
import type { Database } from '../../src/server/database/database.ts'
import { openPostgres } from '../../src/server/database/postgres/open.ts'
import {
  deleteTemporary,
  deleteUntouched,
  earliestTouch,
  moveOwnerRetention,
  nextOwnerToLook,
  type RetentionRule,
  registerRule,
} from '../../src/server/database/retention.ts'
import type { ConversationRow, Queries } from '../../src/server/database/schema.ts'
import { bothDatabases } from '../harness/bothDatabases.ts'

const DAY = 24 * 60 * 60_000
const NOW = 1_700_000_000_000

const { databases: DATABASES, postgresUrl } = bothDatabases()

/** Conversations, by the days since they were touched. */
async function add(
  { write }: Database,
  ids: readonly string[],
  { days, ...changes }: { days: number } & Partial<ConversationRow>,
): Promise<void> {
  const rows = ids.map(id => ({
    id,
    owner_id: 'ana',
    title: '',
    status: 'OPEN' as const,
    archived: 0 as const,
    pinned: 0 as const,
    title_final: 1 as const,
    deleted_at: null,
    assistant: 'riacho',
    head_message_id: null,
    created_at: 1,
    updated_at: 1,
    touched_at: NOW - days * DAY,
    ...changes,
  }))
  await write('process', queries => queries.insertInto('conversations').values(rows).execute())
}

async function addActiveRun({ write }: Database, conversationId: string): Promise<void> {
  const row = {
    id: `run of ${conversationId}`,
    conversation_id: conversationId,
    owner_id: 'ana',
    user_message_id: 'm1',
    message_id: 'm2',
    status: 'active' as const,
    model: 'm',
    assistant: 'riacho',
    last_seq: 0,
    resumes: 0,
    started_at: 1,
  }
  await write('process', queries => queries.insertInto('runs').values(row).execute())
}

async function kept({ queries }: Database): Promise<string[]> {
  const rows = await queries
    .selectFrom('conversations')
    .select('id')
    .where('deleted_at', 'is', null)
    .execute()
  return rows.map(({ id }) => id).sort()
}

const numbered = (count: number, prefix: string) => Array.from({ length: count }, (_, at) => `${prefix}${at}`)

/** A service whose time the test sets, and whose rule is so old that its notice has passed. */
function serviceAt(database: Database, days?: number) {
  const time = { now: NOW }
  const rule: RetentionRule | undefined = days === undefined ? undefined : { days, since: 1 }
  const service = createRetentionService({ database, rule, temporaryHours: 24, steadyTime: () => time.now })
  return { ...service, time }
}

describe.each(Object.entries(DATABASES))('%s', (name, withDatabase) => {
  test('a sweep deletes what is untouched for the days of the rule, slice by slice, and nothing else', () =>
    withDatabase(async database => {
      await add(database, numbered(250, 'old '), { days: 31 })
      await add(database, ['of an older version'], { days: 0, touched_at: null, updated_at: NOW - 31 * DAY })
      await add(database, ['pinned'], { days: 400, pinned: 1 })
      await add(database, ['busy'], { days: 400 })
      await addActiveRun(database, 'busy')
      await add(database, ['a copy that is being made'], { days: 400, deleted_at: -1 })
      await add(database, ['deleted by hand'], { days: 400, deleted_at: 5 })
      await add(database, ['touched'], { days: 29 })
      await add(database, ['of an older version, touched'], { days: 0, touched_at: null, updated_at: NOW })
      const { sweep } = serviceAt(database, 30)
      await sweep()
      expect(await kept(database)).toEqual(['busy', 'of an older version, touched', 'pinned', 'touched'])
      const deleted = await database.queries
        .selectFrom('conversations')
        .select(['id', 'deleted_at'])
        .where('deleted_at', '!=', NOW)
        .execute()
      expect(deleted).toEqual(
        expect.arrayContaining([
          { id: 'a copy that is being made', deleted_at: -1 },
          { id: 'deleted by hand', deleted_at: 5 },
        ]),
      )
      expect(deleted.length).toBe(2)
    }))

  test('a rule of the installation deletes nothing for seven days', () =>
    withDatabase(async database => {
      await add(database, ['c'], { days: 400 })
      const time = { now: NOW }
      const rule = { days: 30, since: NOW }
      const { sweep } = createRetentionService({
        database,
        rule,
        temporaryHours: 24,
        steadyTime: () => time.now,
      })
      time.now += 7 * DAY - 1
      await sweep()
      expect(await kept(database)).toEqual(['c'])
      time.now += 1
      await sweep()
      expect(await kept(database)).toEqual([])
    }))

  test('one slice deletes no more than it may, the oldest first', () =>
    withDatabase(async database => {
      await add(database, ['b'], { days: 40 })
      await add(database, ['a', 'c'], { days: 35 })
      await add(database, ['d'], { days: 50 })
      const slice = { touchedBefore: NOW - 30 * DAY, at: NOW, limit: 2 }
      expect(await database.write('process', queries => deleteUntouched(queries, slice))).toBe(2)
      expect(await kept(database)).toEqual(['a', 'c'])
    }))

  test('an owner lets conversations go sooner than the installation, and only the own ones', () =>
    withDatabase(async database => {
      await add(database, ['of ana'], { days: 31 })
      await add(database, ['of ana, touched'], { days: 20 })
      await add(database, ['of ana, pinned'], { days: 80, pinned: 1 })
      await add(database, ['of bia'], { days: 31, owner_id: 'bia' })
      const { sweep, choose, read, time } = serviceAt(database, 90)
      expect(await choose('ana', { days: 30 })).toEqual({ days: 30, maxDays: 90, temporaryHours: 24 })
      expect(await read('ana')).toEqual({ days: 30, maxDays: 90, temporaryHours: 24 })
      expect(await read('bia')).toEqual({ days: null, maxDays: 90, temporaryHours: 24 })
      await sweep()
      expect((await kept(database)).length).toBe(4)
      // The notice has passed.
      time.now += 7 * DAY
      await sweep()
      expect(await kept(database)).toEqual(['of ana, pinned', 'of ana, touched', 'of bia'])
      // The owner is looked at when the next one is due, and not before.
      expect(await nextOwnerToLook(database.queries, time.now)).toBeUndefined()
      time.now = NOW + 10 * DAY
      await sweep()
      expect(await kept(database)).toEqual(['of ana, pinned', 'of bia'])
      time.now = NOW + 60 * DAY
      await sweep()
      expect(await kept(database)).toEqual(['of ana, pinned'])
    }))

  test('an owner who takes the choice back keeps everything', () =>
    withDatabase(async database => {
      await add(database, ['c'], { days: 400 })
      const { sweep, choose, rulesOf, time } = serviceAt(database)
      await choose('ana', { days: 30 })
      expect(await rulesOf(database.queries, 'ana')).toMatchObject({ untouched: [{ days: 30, since: NOW }] })
      expect(await choose('ana', { days: null })).toEqual({ days: null, maxDays: null, temporaryHours: 24 })
      time.now += 30 * DAY
      await sweep()
      expect(await kept(database)).toEqual(['c'])
    }))

  test('the time that a visitor chose does not count for the account, and that of the account counts soon for what comes', () =>
    withDatabase(async database => {
      const { sweep, choose, read, time } = serviceAt(database)
      const move = (from: string) =>
        database.write('process', queries => moveOwnerRetention(queries, { from, to: 'ana' }))
      await choose('visitor', { days: 30 })
      await move('visitor')
      expect([await read('visitor'), await read('ana')]).toMatchObject([{ days: null }, { days: null }])
      await choose('ana', { days: 30 })
      time.now += 7 * DAY
      // Nothing is there, so that the owner is to be looked at in 30 days.
      await sweep()
      await add(database, ['what has come'], { days: 30 })
      await move('other visitor')
      await sweep()
      expect(await kept(database)).toEqual([])
    }))

  test('an owner whose conversation is busy is looked at again an hour later', () =>
    withDatabase(async database => {
      await add(database, ['busy'], { days: 400 })
      await addActiveRun(database, 'busy')
      const { sweep, choose, time } = serviceAt(database)
      await choose('ana', { days: 30 })
      time.now += 7 * DAY
      await sweep()
      await database.write('process', queries =>
        queries.updateTable('runs').set({ status: 'stopped', ended_at: 2 }).execute(),
      )
      time.now += 60 * 60_000
      await sweep()
      expect(await kept(database)).toEqual([])
    }))

  test('more than the rule of the installation is refused, and an erased owner is not found', () =>
    withDatabase(async database => {
      const { choose, read } = serviceAt(database, 90)
      await expect(choose('ana', { days: 91 })).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        details: { issues: ['days: must be at most 90'] },
      })
      expect(await read('ana')).toEqual({ days: null, maxDays: 90, temporaryHours: 24 })
      await database.write('process', queries =>
        queries.insertInto('erased_owners').values({ id: 'ana', erased_at: 1 }).execute(),
      )
      await expect(choose('ana', { days: 30 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }))

  test('a rule counts from when it is new or shorter, and a longer one keeps its beginning', () =>
    withDatabase(async database => {
      const register = (days: number | undefined, now: number) =>
        database.write('process', queries => registerRule(queries, { days, now }))
      expect(await register(undefined, 1)).toBeUndefined()
      expect(await register(90, 2)).toEqual({ days: 90, since: 2 })
      expect(await register(90, 3)).toEqual({ days: 90, since: 2 })
      expect(await register(365, 4)).toEqual({ days: 365, since: 2 })
      expect(await register(30, 5)).toEqual({ days: 30, since: 5 })
      // The clock was set back.
      expect(await register(30, 4)).toEqual({ days: 30, since: 4 })
      expect(await register(undefined, 6)).toBeUndefined()
      expect(await register(30, 7)).toEqual({ days: 30, since: 7 })
    }))

  test('a conversation that somebody touches stays', () =>
    withDatabase(async database => {
      await add(database, ['c'], { days: 400 })
      await database.write('process', queries =>
        moveHead(queries, { id: 'c', messageId: 'm', at: 1, touchedAt: NOW }),
      )
      await serviceAt(database, 30).sweep()
      expect(await kept(database)).toEqual(['c'])
    }))

  test('temporary conversations go some hours after their last touch, whatever the rules say, and for good', () =>
    withDatabase(async database => {
      const hours = (count: number) => count / 24
      await add(database, numbered(150, 'old '), { days: hours(25), temporary: 1 })
      await add(database, ['busy'], { days: 30, temporary: 1 })
      await addActiveRun(database, 'busy')
      await add(database, ['touched'], { days: hours(23), temporary: 1 })
      await add(database, ['lasting'], { days: 25 })
      await serviceAt(database, 30).sweep()
      expect(await kept(database)).toEqual(['busy', 'lasting', 'touched'])
      const restorable = await database.queries
        .selectFrom('conversations')
        .select('id')
        .where('deleted_at', '>', 0)
        .execute()
      expect(restorable).toEqual([])
    }))

  test('looking for what is due reads an index, and none of what is not due', () =>
    withDatabase(async database => {
      const due = { touchedBefore: NOW, at: NOW, limit: 100 }
      const plan = async (work: (queries: Queries) => Promise<unknown>) => {
        const rows: unknown[] = []
        await database.queries.transaction().execute(async queries => {
          // A table of a few rows is read without an index otherwise.
          if (name === 'PostgreSQL') await sql`set local enable_seqscan = off`.execute(queries)
          await work(queries.withPlugin(explaining(name, rows)))
        })
        return JSON.stringify(rows)
      }
      expect(await plan(queries => deleteUntouched(queries, due))).toContain('conversations_by_touch')
      expect(await plan(queries => deleteUntouched(queries, { ...due, ownerId: 'ana' }))).toContain(
        'conversations_by_owner_touch',
      )
      expect(await plan(queries => deleteTemporary(queries, due))).toContain('conversations_by_temporary')
      expect(await plan(queries => earliestTouch(queries, 'ana'))).toContain('conversations_by_owner_touch')
      expect(await plan(queries => nextOwnerToLook(queries, NOW))).toContain('owner_retention_by_look')
    }))
})

test('of two nodes that sweep at once each deletes what the other does not, and neither waits for a person', async () => {
  const url = await postgresUrl()
  const [one, two] = [await openPostgres(url), await openPostgres(url)]
  try {
    await add(one, numbered(200, 'c'), { days: 31 })
    const slice = { touchedBefore: NOW - 30 * DAY, at: NOW, limit: 100 }
    const touching = Promise.withResolvers<void>()
    const touched = Promise.withResolvers<void>()
    const person = one.writeFor('ana', 'process', async queries => {
      await moveHead(queries, { id: 'c7', messageId: 'm', at: 1, touchedAt: NOW })
      touched.resolve()
      await touching.promise
    })
    await touched.promise
    const first = one.write('process', queries => deleteUntouched(queries, slice))
    const second = two.write('process', queries => deleteUntouched(queries, slice))
    const deleted = (await first) + (await second)
    touching.resolve()
    await person
    const rest = await two.write('process', queries => deleteUntouched(queries, slice))
    expect(deleted + rest).toBe(199)
    expect(await kept(one)).toEqual(['c7'])
  } finally {
    await one.close()
    await two.close()
  }
})

/** Has the database say how it would do a statement, in place of doing it. */
function explaining(name: string, rows: unknown[]): KyselyPlugin {
  const how = name === 'SQLite' ? { options: sql`query plan`.toOperationNode() } : {}
  return {
    transformQuery: ({ node }) =>
      node.kind === 'SelectQueryNode' || node.kind === 'UpdateQueryNode'
        ? { ...node, explain: { kind: 'ExplainNode', ...how } }
        : node,
    async transformResult({ result }) {
      rows.push(...result.rows)
      return { rows: [] }
    },
  }
}
