import { describe, expect, test } from 'vitest'
import { updateConversation } from '../../src/server/database/conversations.ts'
import { insertMessage } from '../../src/server/database/messages.ts'
import { takeOverRuns } from '../../src/server/generation/takeover.ts'
import type { LogWrite } from '../../src/server/log/eventLog.ts'
import type { NewRun } from '../../src/server/log/runStore.ts'
import { firstEvents } from '../../src/server/log/storedLog.ts'
import { runStart, silentLogger } from '../harness/log.ts'
import { NOW, type OpenedStore, STORES, withSqlite } from './openedStores.ts'

const OWNER = 'owner-1'
const start = runStart()
const otherStart = {
  ...runStart('run-2'),
  conversationId: 'conversation-2',
  userMessageId: 'question-2',
  messageId: 'reply-2',
}
const key = { id: start.runId, ownerId: OWNER }
const newRun = (of = start): NewRun => ({ ownerId: OWNER, start: of, startedAt: 1, stored: firstEvents(of) })

const frame = (seq: number, content: string) => `id: ${seq}\ndata: ${JSON.stringify({ content })}\n\n`
const text = (seq: number, content: string, of = start): LogWrite => ({
  ownerId: OWNER,
  start: of,
  segment: { fromSeq: seq, toSeq: seq, frames: frame(seq, content) },
})
const end = (seq: number, content: string, of = start): LogWrite => ({
  ownerId: OWNER,
  start: of,
  end: { event: { status: 'completed' }, seq, parts: [{ id: '1', type: 'text', text: content }] },
})

for (const [name, withStore] of Object.entries(STORES)) {
  describe(`a run in ${name}`, () => {
    const withRun = (work: (opened: OpenedStore) => Promise<void>) =>
      withStore(async opened => {
        await opened.accept(newRun())
        await work(opened)
      })

    test('gives back the frames it was given, from any seq', () =>
      withRun(async ({ store }) => {
        await store.commit([text(2, 'um')], 'process')
        const two = frame(3, 'id: 4\n\n') + frame(4, 'três')
        await store.commit(
          [{ ownerId: OWNER, start, segment: { fromSeq: 3, toSeq: 4, frames: two } }],
          'power',
        )
        const all = firstEvents(start).frames + frame(2, 'um') + two
        expect(await store.framesAfter(start.runId, 0)).toBe(all)
        expect(await store.framesAfter(start.runId, 1)).toBe(frame(2, 'um') + two)
        expect(await store.framesAfter(start.runId, 3)).toBe(frame(4, 'três'))
      }))

    test('has no frames after the last one, and none of a run that is not there', () =>
      withRun(async ({ store }) => {
        await store.commit([text(2, 'um')], 'process')
        expect(await store.framesAfter(start.runId, 2)).toBeUndefined()
        expect(await store.framesAfter(start.runId, 9)).toBeUndefined()
        expect(await store.framesAfter('run-9', 0)).toBeUndefined()
      }))

    test('takes the events of a refused commit again', () =>
      withRun(async ({ store }) => {
        await store.commit([text(2, 'um')], 'process')
        await expect(store.commit([text(4, 'x')], 'process')).rejects.toThrow()
        await store.commit([text(3, ' dois')], 'process')
        expect(await store.framesAfter(start.runId, 1)).toBe(frame(2, 'um') + frame(3, ' dois'))
      }))

    test('is read as far as it is stored, by its owner alone', () =>
      withRun(async ({ store }) => {
        const begun = { ownerId: OWNER, start, startedAt: 1 }
        expect(await store.read(key)).toEqual({ ...begun, parts: [], lastSeq: 1 })
        await store.commit([text(2, 'um')], 'process')
        await store.commit([text(3, ' dois')], 'power')
        const parts = [{ id: '1', type: 'text', text: 'um dois' }]
        expect(await store.read(key)).toEqual({ ...begun, parts, lastSeq: 3 })
        expect(await store.read({ ...key, ownerId: 'owner-2' })).toBeUndefined()
        await store.commit([end(4, 'um dois')], 'power')
        const ended = { ...begun, parts, lastSeq: 4, end: { status: 'completed' } }
        expect(await store.read(key)).toEqual(ended)
        expect(await store.read({ ...key, ownerId: 'owner-2' })).toBeUndefined()
        expect(await store.read({ ...key, id: 'run-9' })).toBeUndefined()
      }))

    test('is stored with all writes of a commit, or with none', () =>
      withRun(async ({ store, accept, reopen }) => {
        await accept(newRun(otherStart))
        await store.commit([text(2, 'um'), text(2, 'one', otherStart)], 'process')
        const writes = [{ ...text(3, ' dois'), ...end(4, 'um dois') }, text(9, 'nine', otherStart)]
        await expect(store.commit(writes, 'power')).rejects.toThrow()
        for (const open of [async () => store, reopen]) {
          const opened = await open()
          expect(await opened.read(key)).toMatchObject({ lastSeq: 2, parts: [{ text: 'um' }] })
          expect((await opened.read(key))?.end).toBeUndefined()
          expect(await opened.read({ ...key, id: otherStart.runId })).toMatchObject({ lastSeq: 2 })
        }
      }))

    test('takes no event twice and none out of order', () =>
      withRun(async ({ store }) => {
        await store.commit([text(2, 'um')], 'process')
        for (const seq of [2, 4]) await expect(store.commit([text(seq, 'x')], 'process')).rejects.toThrow()
        expect(await store.read(key)).toMatchObject({ lastSeq: 2 })
      }))

    test('outlives its process, and the next one continues it', () =>
      withRun(async ({ store, reopen }) => {
        await store.commit([text(2, 'um')], 'process')
        await store.commit([text(3, ' dois')], 'process')
        const next = await reopen()
        await next.commit([text(4, ' três')], 'process')
        await next.settleJournal()
        await next.sync()
        await next.commit([text(5, ' quatro')], 'process')
        const last = await reopen()
        await last.commit([end(6, 'um dois três quatro')], 'power')
        const frames = [' dois', ' três', ' quatro'].map((content, index) => frame(index + 3, content))
        expect(await last.framesAfter(start.runId, 2)).toBe(frames.join(''))
      }))

    test('ends once, and takes nothing after that', () =>
      withRun(async ({ store, reopen }) => {
        await store.commit([{ ...text(2, 'um'), ...end(3, 'um') }], 'power')
        await store.commit([end(9, 'other')], 'power')
        await store.commit([text(3, 'late')], 'process')
        const next = await reopen()
        expect(await next.read(key)).toMatchObject({
          end: { status: 'completed' },
          lastSeq: 3,
          parts: [{ id: '1', type: 'text', text: 'um' }],
        })
        expect(await next.framesAfter(start.runId, 1)).toBe(frame(2, 'um'))
      }))

    test('loses its events some time after its end, and keeps message and end', () =>
      withRun(async ({ store, accept }) => {
        await accept(newRun(otherStart))
        await store.commit([text(2, 'um'), text(2, 'one', otherStart)], 'process')
        await store.commit([end(3, 'um')], 'power')
        await store.deleteOldEvents(0)
        expect(await store.framesAfter(start.runId, 1)).toBe(frame(2, 'um'))
        await store.deleteOldEvents(NOW + 60_000)
        expect(await store.framesAfter(start.runId, 0)).toBeUndefined()
        expect(await store.read(key)).toMatchObject({ lastSeq: 3, parts: [{ text: 'um' }] })
        const others = firstEvents(otherStart).frames + frame(2, 'one')
        expect(await store.framesAfter(otherStart.runId, 0)).toBe(others)
      }))
  })
}

describe('SQLite', () => {
  test('stores nothing of a commit that fails in the middle of its transaction', () =>
    withSqlite(async ({ database, store, accept, reopen }) => {
      await accept(newRun())
      await store.commit([text(2, 'um')], 'process')
      const taken = { id: start.messageId, conversation_id: start.conversationId, owner_id: OWNER } as const
      await database.write('process', queries =>
        insertMessage(queries, { ...taken, role: 'ASSISTANT', parts: '[]', created_at: 1 }),
      )
      await expect(store.commit([{ ...text(3, 'dois'), ...end(4, 'umdois') }], 'process')).rejects.toThrow()
      for (const open of [async () => store, reopen]) {
        const opened = await open()
        expect(await opened.read(key)).toMatchObject({ lastSeq: 2 })
        expect(await opened.framesAfter(start.runId, 2)).toBeUndefined()
      }
    }))

  test('ends a run together with its message, which becomes the head', () =>
    withSqlite(async ({ database, store, accept }) => {
      await accept(newRun())
      await store.commit([{ ...text(2, 'um'), ...end(3, 'um') }], 'power')
      await store.commit([end(9, 'other')], 'power')
      const { queries } = database
      const replies = await queries
        .selectFrom('messages')
        .selectAll()
        .where('role', '=', 'ASSISTANT')
        .execute()
      const reply = { id: start.messageId, parent_id: start.userMessageId, owner_id: OWNER }
      expect(replies).toMatchObject([{ ...reply, parts: '[{"id":"1","type":"text","text":"um"}]' }])
      expect(await queries.selectFrom('conversations').selectAll().execute()).toMatchObject([
        { head_message_id: start.messageId, updated_at: NOW },
      ])
      expect(await queries.selectFrom('runs').select('ended_at').execute()).toEqual([{ ended_at: NOW }])
    }))

  test('has no run of a deleted conversation', () =>
    withSqlite(async ({ database, store, accept }) => {
      await accept(newRun())
      await database.write('power', queries =>
        updateConversation(queries, { id: start.conversationId, change: { deleted_at: NOW } }),
      )
      expect(await store.read(key)).toBeUndefined()
    }))

  test('leaves nothing in the journal once no run is active, or when it is full', () =>
    withSqlite(async ({ database, store, accept }) => {
      await accept(newRun())
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

  test('gives the run of a dead process to the next one, which ends it once, with its text', () =>
    withSqlite(async ({ store, ownership, accept }) => {
      await accept(newRun())
      await store.commit([text(2, 'um')], 'process')
      expect(await ownership.takeOver()).toMatchObject([{ ownerId: OWNER, start, lastSeq: 2, resumes: 0 }])
      const runs = {
        prepare() {
          throw new Error('no run is to be made')
        },
      }
      const options = { ownership, store, runs, logger: silentLogger, canResume: false }
      expect(await takeOverRuns(options)).toMatchObject({ interrupted: 1, resumed: 0 })
      expect(await takeOverRuns(options)).toMatchObject({ interrupted: 0, resumed: 0 })
      const end = { status: 'interrupted', code: 'REPLY_INTERRUPTED' }
      // No event that a power loss may have cost had the number of the end.
      expect(await store.read(key)).toMatchObject({ end, lastSeq: 1003, parts: [{ text: 'um' }] })
    }))

  test('a call that was under way in a dead process is unknown, and one that was not made is stopped', () =>
    withSqlite(async ({ store, ownership, accept }) => {
      await accept(newRun())
      const frames = [
        ['tool-start', { callId: 'one', tool: 'envia', step: 1 }],
        ['tool-start', { callId: 'two', tool: 'envia', step: 1 }],
        ['tool-run', { callId: 'one', arguments: '{}', attempt: 1 }],
      ].map(([name, data], index) => `id: ${index + 2}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
      const segment = { fromSeq: 2, toSeq: 4, frames: frames.join('') }
      await store.commit([{ ownerId: OWNER, start, segment, syncs: true }], 'power')
      await store.commit([{ ownerId: OWNER, start, syncs: true }], 'power')
      const runs = { prepare: () => expect.unreachable() }
      await takeOverRuns({ ownership, store, runs, logger: silentLogger, canResume: false })
      expect((await store.read(key))?.parts).toMatchObject([
        { callId: 'one', status: 'unknown', attempt: 1 },
        { callId: 'two', status: 'stopped', attempt: 0 },
      ])
    }))

  test('counts how often a run was resumed', () =>
    withSqlite(async ({ ownership, accept }) => {
      await accept(newRun())
      await ownership.countResume(start.runId)
      await ownership.countResume(start.runId)
      expect(await ownership.takeOver()).toMatchObject([{ resumes: 2 }])
    }))
})
