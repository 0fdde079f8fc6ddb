import { type Kysely, sql } from 'kysely'
import { withoutCaseAndAccents } from '../../../../protocol/withoutCaseAndAccents.ts'

/**
 * The index has everything that a search of titles compares, in the order of the list. So SQLite reads no other row.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('conversations')
    .addColumn('folded_title', 'text', column => column.notNull().defaultTo(''))
    .execute()
  const { rows } = await sql<{ id: string; title: string }>`select id, title from conversations`.execute(db)
  for (const { id, title } of rows)
    await sql`update conversations set folded_title = ${withoutCaseAndAccents(title)} where id = ${id}`.execute(
      db,
    )
  await db.schema
    .createIndex('conversations_by_title')
    .on('conversations')
    .columns(['owner_id', 'pinned', 'updated_at', 'id', 'archived', 'folded_title'])
    .where(sql.ref('deleted_at'), 'is', null)
    .execute()
}
