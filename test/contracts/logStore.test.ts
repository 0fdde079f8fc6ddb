import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { insertConversation } from '../../src/server/database/conversations.ts'
import { insertMessage } from '../../src/server/database/messages.ts'
import { type Database, openDatabase } from '../../src/server/database/open.ts'
import { insertRun } from '../../src/server/database/runs.ts'
import { insertFirstSegment } from '../../src/server/database/segments.ts'
import type { Runs } from '../../src/server/generation/activeRuns.ts'
import { recoverRuns } from '../../src/server/generation/takeover.ts'
import { firstEvents, type LogWrite } from '../../src/server/log/eventLog.ts'
import { type LogStore, openLogStore } from '../../src/server/log/logStore.ts'
import { runStart, silentLogger } from '../harness/log.ts'
import { temporaryFolder } from '../harness/server.ts'

/** Every database that can hold logs, opened in `folder`. */
const DATABASES: Record<string, (folder: string) => Promise<Database>> = {
  SQLite: folder => openDatabase(join(folder, 'riacho.db')),
}

const noRuns: Runs = {
  prepare() {
    throw new Error('no run is to be made')
  },
  log: () => undefined,
  stop: () => undefined,
  active: () => [],
  size: 0,
}

const NOW = 1_700_000_000_000
const start = runStart()
const frame = (seq: number, content: string) => `id: ${seq}\ndata: ${JSON.stringify({ content })}\n\n`
const text = (seq: number, content: string): LogWrite => ({
  ownerId: 'owner-1',
  start,
  segment: { fromSeq: seq, toSeq: seq, frames: frame(seq, content) },
})
const end = (seq: number, content: string): LogWrite => ({
  ownerId: 'owner-1',
  start,
  end: { event: { status: 'completed' }, seq, parts: [{ id: '1', type: 'text', text: content }] },
})

for (const [name, openIn] of Object.entries(DATABASES)) {
  describe(`a log in ${name}`, () => {
    const withStore = async (
      work: (opened: {
        database: Database
        store: LogStore
        reopen: () => Promise<LogStore>
      }) => Promise<void>,
    ) => {
      await using folder = await temporaryFolder()
      const database = await openIn(folder.path)
      try {
        await seed(database)
        const reopen = () => openLogStore({ database, now: () => NOW })
        await work({ database, store: await reopen(), reopen })
      } finally {
        await database.close()
      }
    }

    test('gives back the frames it was given, from any seq', () =>
      withStore(async ({ store }) => {
        await store.commit([text(2, 'um')], 'process')
        await store.commit(
          [
            {
              ownerId: 'owner-1',
              start,
              segment: { fromSeq: 3, toSeq: 4, frames: frame(3, 'id: 4\n\n') + frame(4, 'três') },
            },
          ],
          'power',
        )
        const all = firstEvents(start).frames + frame(2, 'um') + frame(3, 'id: 4\n\n') + frame(4, 'três')
        expect(await store.framesAfter(start.runId, 0)).toBe(all)
        expect(await store.framesAfter(start.runId, 1)).toBe(
          frame(2, 'um') + frame(3, 'id: 4\n\n') + frame(4, 'três'),
        )
        expect(await store.framesAfter(start.runId, 3)).toBe(frame(4, 'três'))
        expect(await store.read(start.runId)).toEqual({
          parts: [{ id: '1', type: 'text', text: 'umid: 4\n\ntrês' }],
          lastSeq: 4,
        })
      }))

    test('stores all writes of a transaction or none', () =>
      withStore(async ({ database, store, reopen }) => {
        await store.commit([text(2, 'um')], 'process')
        await database.write('process', queries =>
          insertMessage(queries, { ...reply, id: start.messageId, parts: '[]' }),
        )
        await expect(store.commit([text(3, 'dois'), end(4, 'umdois')], 'process')).rejects.toThrow()
        for (const opened of [store, await reopen()])
          expect(await opened.read(start.runId)).toMatchObject({ lastSeq: 2 })
      }))

    test('takes no event twice, and none before its turn', () =>
      withStore(async ({ store }) => {
        await store.commit([text(2, 'um')], 'process')
        for (const seq of [2, 4]) await expect(store.commit([text(seq, 'x')], 'process')).rejects.toThrow()
        expect(await store.read(start.runId)).toMatchObject({ lastSeq: 2 })
      }))

    test('keeps what is journaled over the end of a process, and goes on from there', () =>
      withStore(async ({ store, reopen }) => {
        await store.commit([text(2, 'um')], 'process')
        await store.commit([text(3, ' dois')], 'process')
        const next = await reopen()
        await next.commit([text(4, ' três')], 'process')
        await next.settle()
        await next.commit([text(5, ' quatro')], 'process')
        const last = await reopen()
        await last.commit([end(6, 'um dois três quatro')], 'power')
        const frames = [' dois', ' três', ' quatro'].map((content, index) => frame(index + 3, content))
        expect(await last.framesAfter(start.runId, 2)).toBe(frames.join(''))
      }))

    test('leaves nothing in the journal once no run is active, or when it is full', () =>
      withStore(async ({ database, store }) => {
        const rows = () => database.queries.selectFrom('journal').select('id').execute()
        await store.commit([text(2, 'um')], 'process')
        expect(await rows()).toHaveLength(1)
        await store.commit([text(3, 'x'.repeat(5 * 1024 * 1024))], 'process')
        expect(await rows()).toHaveLength(0)
        await store.commit([text(4, 'três')], 'process')
        expect(await rows()).toHaveLength(1)
        await store.commit([end(5, 'um')], 'power')
        expect(await rows()).toHaveLength(0)
        expect(await store.framesAfter(start.runId, 3)).toBe(frame(4, 'três'))
      }))

    test('ends a run once, with its message, and takes nothing after that', () =>
      withStore(async ({ database, store, reopen }) => {
        await store.commit([text(2, 'um'), end(3, 'um')], 'power')
        await store.commit([end(9, 'other')], 'power')
        await store.commit([text(3, 'late')], 'process')
        const run = await database.queries.selectFrom('runs').selectAll().executeTakeFirstOrThrow()
        expect(run).toMatchObject({ status: 'completed', last_seq: 3, ended_at: NOW })
        const message = await database.queries
          .selectFrom('messages')
          .selectAll()
          .where('role', '=', 'ASSISTANT')
          .executeTakeFirstOrThrow()
        expect(message).toMatchObject({
          id: start.messageId,
          parent_id: start.userMessageId,
          owner_id: 'owner-1',
        })
        expect(JSON.parse(message.parts)).toEqual([{ id: '1', type: 'text', text: 'um' }])
        const conversation = await database.queries
          .selectFrom('conversations')
          .selectAll()
          .executeTakeFirstOrThrow()
        expect(conversation).toMatchObject({ head_message_id: start.messageId, updated_at: NOW })
        expect(await (await reopen()).read(start.runId)).toMatchObject({ lastSeq: 2 })
      }))

    test('ends runs that a dead process left, with the text they had, once', () =>
      withStore(async ({ database, store }) => {
        await store.commit([text(2, 'um')], 'process')
        const recovery = { database, store, runs: noRuns, logger: silentLogger, canResume: false }
        expect(await recoverRuns(recovery)).toMatchObject({ interrupted: 1, resumed: 0 })
        expect(await recoverRuns(recovery)).toMatchObject({ interrupted: 0, resumed: 0 })
        const run = await database.queries.selectFrom('runs').selectAll().executeTakeFirstOrThrow()
        expect(run).toMatchObject({ status: 'interrupted', code: 'REPLY_INTERRUPTED', last_seq: 3 })
      }))

    test('says when the frames asked for are gone', () =>
      withStore(async ({ database, store }) => {
        await database.write('process', async queries => {
          await queries.deleteFrom('segments').execute()
        })
        expect(await store.framesAfter(start.runId, 0)).toBeUndefined()
      }))
  })
}

const reply = {
  conversation_id: start.conversationId,
  owner_id: 'owner-1',
  role: 'ASSISTANT',
  created_at: 1,
} as const

async function seed(database: Database): Promise<void> {
  const shared = { owner_id: 'owner-1', conversation_id: start.conversationId }
  await database.write('power', async queries => {
    await insertConversation(queries, {
      id: start.conversationId,
      owner_id: 'owner-1',
      title: '',
      status: 'OPEN',
      archived: 0,
      pinned: 0,
      title_final: 1,
      assistant: 'riacho',
      head_message_id: start.userMessageId,
      created_at: 1,
      updated_at: 1,
    })
    await insertMessage(queries, {
      ...shared,
      id: start.userMessageId,
      role: 'USER',
      parts: '[]',
      created_at: 1,
    })
    await insertRun(queries, {
      ...shared,
      id: start.runId,
      user_message_id: start.userMessageId,
      message_id: start.messageId,
      status: 'active',
      model: start.model,
      assistant: start.assistant,
      last_seq: 0,
      resumes: 0,
      started_at: 1,
    })
    await insertFirstSegment(queries, { runId: start.runId, toSeq: 1, frames: firstEvents(start).frames })
  })
}
