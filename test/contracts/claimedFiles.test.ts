import { describe, expect, test } from 'vitest'
import type { Part } from '../../src/protocol/parts.ts'
import type { Database } from '../../src/server/database/database.ts'
import { insertFile } from '../../src/server/database/files/files.ts'
import type { LogWrite } from '../../src/server/log/eventLog.ts'
import { firstEvents } from '../../src/server/log/storedLog.ts'
import { runStart } from '../harness/log.ts'
import { type OpenedStore, withPostgres, withSqlite } from './openedStores.ts'

const OWNER = 'owner-1'
const start = runStart()

type Opened = OpenedStore & { readonly database: Database }

const STORES: Record<string, (work: (opened: Opened) => Promise<void>) => Promise<void>> = {
  SQLite: withSqlite,
  PostgreSQL: withPostgres,
}

function addFile(database: Database, id: string, more: { owner_id?: string; state?: 'uploading' } = {}) {
  return database.write('power', queries =>
    insertFile(queries, {
      id,
      owner_id: OWNER,
      name: id,
      media_type: 'image/jpeg',
      size: 1,
      state: 'ready',
      received: 1,
      attempts: 0,
      looked_at: null,
      code: null,
      stored_as: null,
      width: 1,
      height: 1,
      pages: null,
      tokens: null,
      created_at: 1,
      due_at: 5,
      text_bytes: 0,
      ...more,
    }),
  )
}

const file = (fileId: string) => ({ fileId, name: fileId, mediaType: 'image/jpeg', size: 1 })
const image = (id: string, fileId: string, version: number): Part => ({
  id,
  type: 'image',
  ...file(fileId),
  width: 1,
  height: 1,
  version,
})

const PARTS: Part[] = [
  image('1', 'drawn', 1),
  image('2', 'drawn', 1),
  image('3', 'never-shown', 0),
  image('4', 'of-another', 1),
  image('5', 'unready', 1),
  image('6', 'unknown', 1),
  {
    id: '7',
    type: 'tool',
    callId: 'call-1',
    tool: 't',
    step: 1,
    arguments: '',
    status: 'completed',
    attempt: 1,
    files: [{ type: 'document', ...file('of-tool') }],
  },
]
const END: LogWrite = {
  ownerId: OWNER,
  start,
  end: { event: { status: 'completed' }, seq: 2, parts: PARTS },
}

describe.each(Object.entries(STORES))('%s', (_, withStore) => {
  test('the end of a run keeps the files of its message, of its owner alone, until the message goes', () =>
    withStore(async ({ database, store, accept }) => {
      await accept({ ownerId: OWNER, start, startedAt: 1, stored: firstEvents(start) })
      await addFile(database, 'drawn')
      await addFile(database, 'of-tool')
      await addFile(database, 'never-shown')
      await addFile(database, 'of-another', { owner_id: 'another' })
      await addFile(database, 'unready', { state: 'uploading' })
      await store.commit([END], 'power')
      await store.commit([END], 'power')
      const kept = () => database.queries.selectFrom('message_files').selectAll().orderBy('file_id').execute()
      expect(await kept()).toEqual([
        { message_id: start.messageId, file_id: 'drawn' },
        { message_id: start.messageId, file_id: 'of-tool' },
      ])
      const due = async () => {
        const rows = await database.queries.selectFrom('files').select(['id', 'due_at']).execute()
        return Object.fromEntries(rows.map(({ id, due_at }) => [id, due_at === null ? null : Number(due_at)]))
      }
      const others = { 'never-shown': 5, 'of-another': 5, unready: 5 }
      expect(await due()).toEqual({ drawn: null, 'of-tool': null, ...others })
      await database.write('power', async queries => {
        await queries.deleteFrom('messages').where('id', '=', start.messageId).execute()
      })
      expect(await kept()).toEqual([])
      expect(await due()).toEqual({ drawn: 0, 'of-tool': 0, ...others })
    }))
})
