import { type KyselyPlugin, sql } from 'kysely'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/harness/folder.ts'
import { silentLogger } from '../../../test/harness/log.ts'
import { insertConversation, listConversations } from './conversations.ts'
import { openSqlite } from './sqlite/open.ts'

/** Has SQLite say how it would answer a query, in place of the answer. */
const explaining: KyselyPlugin = {
  transformQuery: ({ node }) =>
    node.kind === 'SelectQueryNode'
      ? { ...node, explain: { kind: 'ExplainNode', options: sql`query plan`.toOperationNode() } }
      : node,
  transformResult: async ({ result }) => result,
}

const CONVERSATION = {
  owner_id: 'o',
  title: 'Rio',
  status: 'OPEN',
  archived: 0,
  pinned: 0,
  title_final: 1,
  assistant: 'riacho',
  created_at: 1,
  updated_at: 1,
} as const

const PAGES = [
  ['of all conversations', {}],
  ['of archived ones', { archived: true }],
  ['on a later page', { archived: false, before: { pinned: 0, position: 1 } as const }],
] as const

/** How SQLite searches `titles` titles that have the word. */
async function planOf(page: object, titles: number): Promise<string[]> {
  await using folder = await temporaryFolder()
  const database = await openSqlite(`${folder.path}/riacho.db`, silentLogger)
  try {
    await database.write('process', async queries => {
      for (let index = 0; index < titles; index++)
        await insertConversation(queries, { ...CONVERSATION, id: `c${index}` })
    })
    const queries = database.queries.withPlugin(explaining)
    const plan = await listConversations(queries, { ownerId: 'o', search: 'rio', limit: 10, ...page })
    return plan.map(row => String('detail' in row && row.detail))
  } finally {
    await database.close()
  }
}

test.each(PAGES)(
  'a search %s for a word of many titles reads one index, in the order of the list',
  async (_, page) => {
    expect(await planOf(page, 300)).toEqual([expect.stringContaining('USING INDEX conversations_by_title')])
  },
)

test.each(PAGES)('a search %s for a word of few titles reads these titles alone', async (_, page) => {
  expect(await planOf(page, 30)).toEqual([
    expect.stringContaining('json_each'),
    expect.stringContaining('USING INDEX conversations_by_title_number (title_number=?)'),
    'USE TEMP B-TREE FOR ORDER BY',
  ])
})
