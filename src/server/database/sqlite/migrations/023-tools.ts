import type { Kysely } from 'kysely'

/** What paused runs wait for, and which tools people always approve in a conversation. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('pauses')
    .addColumn('run_id', 'text', column => column.primaryKey())
    .addColumn('conversation_id', 'text', column => column.notNull())
    .addColumn('requests', 'text', column => column.notNull())
    .addColumn('kept', 'text', column => column.notNull())
    .addColumn('answered_by', 'text')
    .addColumn('declined', 'integer', column => column.notNull().defaultTo(0))
    .execute()
  await db.schema.createIndex('pauses_by_conversation').on('pauses').column('conversation_id').execute()
  await db.schema
    .createTable('tool_grants')
    .addColumn('conversation_id', 'text', column => column.notNull())
    .addColumn('tool', 'text', column => column.notNull())
    .addColumn('digest', 'text', column => column.notNull())
    .addPrimaryKeyConstraint('tool_grants_key', ['conversation_id', 'tool'])
    .execute()
}
