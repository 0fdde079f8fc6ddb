import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Database } from '../../src/server/database/database.ts'
import { insertFile, settleFile } from '../../src/server/database/files/files.ts'
import { deletePassages, textsOf } from '../../src/server/database/files/passages.ts'
import { keepText } from '../../src/server/files/keepText.ts'
import { readDocument } from '../../src/server/files/reading/readDocument.ts'
import { searchPassages } from '../../src/server/files/searching/searchPassages.ts'
import { bothDatabases } from '../harness/bothDatabases.ts'

const { databases } = bothDatabases()
const ownerId = 'ana'
const limit = 8

async function beginFile(database: Database): Promise<string> {
  const id = randomUUID()
  await database.write('process', queries =>
    insertFile(queries, {
      id,
      owner_id: ownerId,
      name: 'a.txt',
      media_type: 'text/plain',
      size: 1,
      state: 'uploading',
      received: 1,
      attempts: 0,
      looked_at: null,
      code: null,
      stored_as: null,
      width: null,
      height: null,
      pages: null,
      tokens: null,
      created_at: 0,
      due_at: null,
      text_bytes: 0,
    }),
  )
  return id
}

const keep = async (database: Database, fileId: string, text: string) =>
  keepText(database, {
    fileId,
    text: await readDocument(Buffer.from(text), 'a.md'),
    isClosed: () => false,
  })

async function settle(database: Database, id: string): Promise<void> {
  const facts = { media_type: 'text/plain', size: 1, width: null, height: null, pages: null, tokens: 1 }
  const outcome = { ...facts, state: 'ready', stored_as: id, text_bytes: 1 } as const
  await database.write('process', queries => settleFile(queries, { id, outcome, dueAt: 1 }))
}

async function store(database: Database, text: string): Promise<string> {
  const id = await beginFile(database)
  await keep(database, id, text)
  await settle(database, id)
  return id
}

const filler = 'O rio corre para o mar, e a margem fica.\n'.repeat(60)

describe.each(Object.entries(databases))('%s', (_, withDatabase) => {
  test('a search knows no case and no accents, and finds a word by its beginning', () =>
    withDatabase(async database => {
      const id = await store(database, `${filler}\n# Preços\nNÃO há licitações abertas.\n${filler}`)
      const find = async (query: string) => {
        const { passages } = await searchPassages(database.queries, { ids: [id], ownerId, query, limit })
        return passages.map(({ section, text }) => [section, text.includes('licitações')])
      }
      const [first] = await find('licitação')
      expect(first).toEqual(['Preços', true])
      expect((await find('LICITACOES ABERTAS'))[0]).toEqual(['Preços', true])
      expect((await find('nao'))[0]).toEqual(['Preços', true])
      // Short words are whole words.
      expect(await find('lic')).toEqual([])
      expect(await find('"*:!')).toEqual([])
      expect(await find('inexistente')).toEqual([])
    }))

  test('rare words count more than common ones, and the whole text is there as it was', () =>
    withDatabase(async database => {
      const text = `${filler.repeat(6)}\nA dragagem do rio custou 4321 reais.\n${filler.repeat(6)}`
      const id = await store(database, text)
      const query = { ids: [id], ownerId, query: 'quanto custou o rio e o mar, e a dragagem', limit }
      const { passages, count } = await searchPassages(database.queries, query)
      expect(passages[0]?.text).toContain('4321')
      expect(count).toBeGreaterThan(passages.length)
      expect((await textsOf(database.queries, { ids: [id], ownerId })).get(id)).toBe(text)
    }))

  test('nobody else finds anything, and nobody before the file is ready', () =>
    withDatabase(async database => {
      const id = await beginFile(database)
      await keep(database, id, 'jabuticaba')
      const find = async (who: string) =>
        (await searchPassages(database.queries, { ids: [id], ownerId: who, query: 'jabuticaba', limit }))
          .count
      expect(await find(ownerId)).toBe(0)
      await settle(database, id)
      expect(await find(ownerId)).toBe(1)
      expect(await find('eva')).toBe(0)
      expect(await textsOf(database.queries, { ids: [id], ownerId: 'eva' })).toEqual(new Map())
    }))

  test('what a file is keeps its text, and a text for no file is not stored', () =>
    withDatabase(async database => {
      const id = await store(database, 'primeiro')
      await keep(database, id, `segundo\n${filler}`)
      await keep(database, randomUUID(), filler)
      const passages = await database.queries.selectFrom('passages').select('text').execute()
      expect(passages).toEqual([{ text: 'primeiro' }])
    }))

  test('a text is erased in slices, with all its words', () =>
    withDatabase(async database => {
      const words = Array.from({ length: 20_000 }, (_, index) => `p${index.toString(36)}x`).join(' ')
      const id = await store(database, words)
      const other = await store(database, 'fica')
      let slices = 1
      while (await database.erase(1, queries => deletePassages(queries, id))) slices += 1
      expect(slices).toBeGreaterThan(2)
      for (const table of ['passages', 'passage_words'] as const) {
        const left = await database.queries.selectFrom(table).select('file_id').distinct().execute()
        expect(left).toEqual([{ file_id: other }])
      }
    }))
})
