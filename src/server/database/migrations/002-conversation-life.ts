import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('conversations')
    .addColumn('pinned', 'integer', column => column.notNull().defaultTo(0))
    .execute()
  await db.schema
    .alterTable('conversations')
    .addColumn('title_final', 'integer', column => column.notNull().defaultTo(1))
    .execute()
  await db.schema.alterTable('conversations').addColumn('deleted_at', 'bigint').execute()
  await db.schema.dropIndex('conversations_by_owner').execute()
  await db.schema
    .createIndex('conversations_by_owner')
    .on('conversations')
    .columns(['owner_id', 'archived', 'pinned', 'updated_at', 'id'])
    .where(sql.ref('deleted_at'), 'is', null)
    .execute()
  await db.schema
    .createIndex('conversations_by_deleted_at')
    .on('conversations')
    .column('deleted_at')
    .where(sql.ref('deleted_at'), 'is not', null)
    .execute()

  await db.schema.alterTable('messages').addColumn('feedback', 'text').execute()
  await db.schema.alterTable('runs').addColumn('timing', 'text').execute()
  await db.schema.alterTable('runs').addColumn('cost', 'text').execute()

  await db.schema
    .createTable('shares')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('owner_id', 'text', column => column.notNull())
    .addColumn('conversation_id', 'text', column =>
      column.notNull().references('conversations.id').onDelete('cascade'),
    )
    .addColumn('title', 'text', column => column.notNull())
    .addColumn('conversation', 'text', column => column.notNull())
    .addColumn('created_at', 'bigint', column => column.notNull())
    .execute()
  await db.schema.createIndex('shares_by_conversation').on('shares').column('conversation_id').execute()
  await db.schema.createIndex('shares_by_owner').on('shares').columns(['owner_id', 'created_at']).execute()
}
