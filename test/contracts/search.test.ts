import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { StoredPart } from '../../src/protocol/parts.ts'
import type { SearchHit } from '../../src/protocol/responses.ts'
import { insertConversation } from '../../src/server/database/conversations.ts'
import type { Database } from '../../src/server/database/database.ts'
import { insertMessage } from '../../src/server/database/messages.ts'
import { lexemesOf } from '../../src/server/database/postgres/messageIndex.ts'
import { openPostgres } from '../../src/server/database/postgres/open.ts'
import { createSearchService } from '../../src/server/search/search.ts'
import { bothDatabases } from '../harness/bothDatabases.ts'
import { EVERY_PART } from '../harness/everyPart.ts'

const { databases, postgresUrl } = bothDatabases()
const RULES = { untouched: [], temporaryHours: 24 }
const ANSWER = JSON.stringify({ results: [{ place: 'Bel\u00e9m', degrees: 31.5 }] })
const CALL = {
  ...EVERY_PART.tool,
  title: 'Previsão do tempo',
  arguments: '{"city":"Santar\\u00e9m","days":[3]}',
  content: ANSWER,
} satisfies StoredPart

async function store(database: Database, parts: readonly StoredPart[], ownerId = 'ana'): Promise<void> {
  const id = `${ownerId} ${JSON.stringify(parts).length}`
  await database.write('process', async queries => {
    await insertConversation(queries, {
      id,
      owner_id: ownerId,
      title: '',
      assistant: 'riacho',
      status: 'OPEN',
      archived: 0,
      pinned: 0,
      title_final: 1,
      created_at: 1,
      updated_at: 1,
    })
    await insertMessage(queries, {
      id,
      conversation_id: id,
      owner_id: ownerId,
      role: 'ASSISTANT',
      parts: JSON.stringify(parts),
      created_at: 1,
    })
  })
}

/** The excerpts that were found, with the hits in brackets. */
async function found(database: Database, query: string, ownerId = 'ana'): Promise<string[]> {
  const { search } = createSearchService({ database, rulesOf: async () => RULES })
  const { hits } = await search(ownerId, { query, limit: 10 })
  const line = ({ text, isMatch }: SearchHit['excerpt'][number]) => (isMatch ? `[${text}]` : text)
  return hits.map(({ excerpt }) => excerpt.map(line).join(''))
}

describe.each(Object.entries(databases))('%s', (_, withDatabase) => {
  test.each([
    ['previsao', '[Previsão] do tempo Santarém 3 Belém 31.5 planilha'],
    ['santarem', 'Previsão do tempo [Santarém] 3 Belém 31.5 planilha'],
    ['belem 31.5', 'Previsão do tempo Santarém 3 [Belém] [31.5] planilha'],
    ['planilha', 'Previsão do tempo Santarém 3 Belém 31.5 [planilha]'],
    ['retrat', 'arquivo conteudo [retrato] documento'],
    ['documento', 'arquivo conteudo retrato [documento]'],
  ])('%j finds what a call or a file shows, as people read it', (query, excerpt) =>
    withDatabase(async database => {
      await store(database, [CALL])
      await store(database, [EVERY_PART.file, EVERY_PART.image, EVERY_PART.document])
      expect(await found(database, query)).toEqual([excerpt])
    }),
  )

  test.each(['city', 'results', 'degrees', 'servidor', 'metade', 'mensagem', 'ferramenta', 'completed'])(
    '%j, which no call shows as its own, finds nothing',
    query =>
      withDatabase(async database => {
        await store(database, [CALL])
        expect(await found(database, query)).toEqual([])
      }),
  )

  test('nobody finds the calls of others', () =>
    withDatabase(async database => {
      await store(database, [CALL])
      expect(await found(database, 'belem', 'eva')).toEqual([])
    }))

  test('a long answer of a tool leaves no text out', () =>
    withDatabase(async database => {
      const content = 'areia '.repeat(50_000)
      await store(database, [
        { ...CALL, content },
        { type: 'text', text: 'jabuticaba' },
      ])
      expect(await found(database, 'jabuticaba areia')).toHaveLength(1)
    }))

  test.each([
    { title: 7, tool: null, arguments: { a: 'x' }, content: ['y'], files: ['nome', null, { name: 8 }] },
    { arguments: '['.repeat(3000) + ']'.repeat(3000), content: '{"a":\0"\ud800"}', files: 'nome' },
    { arguments: '{"a":1,"a":"\\ud800"}', content: '[1e400, 12345678901234567890, -0.0]', files: {} },
  ])('a call that is stored as nobody writes one is stored, found and erased: %#', fields =>
    withDatabase(async database => {
      await store(database, [{ ...CALL, ...fields } as unknown as StoredPart, { type: 'text', text: 'oi' }])
      expect(await found(database, 'oi')).toHaveLength(1)
      await database.queries.deleteFrom('conversations').execute()
      expect(await found(database, 'oi')).toEqual([])
    }),
  )
})

test('PostgreSQL: what calls show is found in messages of an earlier version too', async () => {
  const url = await postgresUrl()
  const texts: StoredPart[] = [{ type: 'text', text: 'Faz calor.' }]
  const earlier = await openPostgres(url)
  await store(earlier, [CALL, ...texts]).finally(async () => {
    const words = lexemesOf({ owner_id: 'ana', parts: JSON.stringify(texts) })
    await sql`update message_index set words = array_to_tsvector(${words}::text[])`.execute(earlier.queries)
    await sql`delete from migrations where name = '016-index-calls'`.execute(earlier.queries)
    await earlier.close()
  })
  const database = await openPostgres(url)
  try {
    expect(await found(database, 'calor belem')).toEqual([
      'Faz [calor]. Previsão do tempo Santarém 3 [Belém] 31.5 planilha',
    ])
  } finally {
    await database.close()
  }
})
