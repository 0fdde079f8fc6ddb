import { type KyselyPlugin, sql } from 'kysely'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/harness/folder.ts'
import { silentLogger } from '../../../test/harness/log.ts'
import { listConversations } from './conversations.ts'
import { openSqlite } from './sqlite/open.ts'

/** Has SQLite say how it would answer a query, in place of the answer. */
const explaining: KyselyPlugin = {
  transformQuery: ({ node }) =>
    node.kind === 'SelectQueryNode'
      ? { ...node, explain: { kind: 'ExplainNode', options: sql`query plan`.toOperationNode() } }
      : node,
  transformResult: async ({ result }) => result,
}

test.each([
  ['of all conversations', {}],
  ['of archived ones', { archived: true }],
  ['on a later page', { archived: false, before: { pinned: 0, position: 1 } as const }],
])('a search of titles %s reads one index, in the order of the list', async (_, page) => {
  await using folder = await temporaryFolder()
  const database = await openSqlite(`${folder.path}/riacho.db`, silentLogger)
  try {
    const queries = database.queries.withPlugin(explaining)
    const plan = await listConversations(queries, { ownerId: 'o', search: 'rio', limit: 10, ...page })
    expect(plan).toMatchObject([{ detail: expect.stringContaining('USING INDEX conversations_by_title') }])
  } finally {
    await database.close()
  }
})
