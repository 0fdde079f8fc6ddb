import type { Kysely } from 'kysely'

/** Which conversation came from where, so that nothing is imported twice. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('imports')
    .addColumn('owner_id', 'text', column => column.notNull())
    .addColumn('source', 'text', column => column.notNull())
    .addColumn('source_id', 'text', column => column.notNull())
    .addColumn('conversation_id', 'text', column =>
      column.notNull().references('conversations.id').onDelete('cascade'),
    )
    .addColumn('thread_id', 'text')
    .addColumn('imported_at', 'bigint', column => column.notNull())
    .addPrimaryKeyConstraint('imports_key', ['owner_id', 'source', 'source_id'])
    .execute()
  await db.schema.createIndex('imports_by_conversation').on('imports').column('conversation_id').execute()
}
