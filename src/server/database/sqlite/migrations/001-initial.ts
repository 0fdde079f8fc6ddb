import { type Kysely, sql } from 'kysely'

/** Longer than other functions, because a migration that was released is never edited. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('conversations')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('owner_id', 'text', column => column.notNull())
    .addColumn('title', 'text', column => column.notNull())
    .addColumn('status', 'text', column => column.notNull())
    .addColumn('archived', 'integer', column => column.notNull())
    .addColumn('assistant', 'text', column => column.notNull())
    .addColumn('head_message_id', 'text')
    .addColumn('created_at', 'bigint', column => column.notNull())
    .addColumn('updated_at', 'bigint', column => column.notNull())
    .execute()
  await db.schema
    .createIndex('conversations_by_owner')
    .on('conversations')
    .columns(['owner_id', 'archived', 'updated_at', 'id'])
    .execute()

  await db.schema
    .createTable('messages')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('conversation_id', 'text', column =>
      column.notNull().references('conversations.id').onDelete('cascade'),
    )
    .addColumn('owner_id', 'text', column => column.notNull())
    .addColumn('parent_id', 'text')
    .addColumn('role', 'text', column => column.notNull())
    .addColumn('parts', 'text', column => column.notNull())
    .addColumn('client_message_id', 'text')
    .addColumn('request_hash', 'text')
    .addColumn('run_id', 'text')
    .addColumn('created_at', 'bigint', column => column.notNull())
    .execute()
  await db.schema
    .createIndex('messages_by_conversation')
    .on('messages')
    .columns(['conversation_id', 'created_at'])
    .execute()
  await db.schema
    .createIndex('messages_by_client_message_id')
    .unique()
    .on('messages')
    .columns(['owner_id', 'client_message_id'])
    .where(sql.ref('client_message_id'), 'is not', null)
    .execute()

  await db.schema
    .createTable('runs')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('conversation_id', 'text', column =>
      column.notNull().references('conversations.id').onDelete('cascade'),
    )
    .addColumn('owner_id', 'text', column => column.notNull())
    .addColumn('user_message_id', 'text', column => column.notNull())
    .addColumn('message_id', 'text', column => column.notNull())
    .addColumn('client_run_id', 'text')
    .addColumn('continued_message_id', 'text')
    .addColumn('status', 'text', column => column.notNull())
    .addColumn('model', 'text', column => column.notNull())
    .addColumn('assistant', 'text', column => column.notNull())
    .addColumn('code', 'text')
    .addColumn('retry_after', 'integer')
    .addColumn('usage', 'text')
    .addColumn('last_seq', 'integer', column => column.notNull())
    .addColumn('checkpoint', 'text')
    .addColumn('resumes', 'integer', column => column.notNull())
    .addColumn('started_at', 'bigint', column => column.notNull())
    .addColumn('ended_at', 'bigint')
    .execute()
  await db.schema
    .createIndex('runs_active_by_conversation')
    .unique()
    .on('runs')
    .column('conversation_id')
    .where(sql.ref('status'), '=', sql.lit('active'))
    .execute()
  await db.schema
    .createIndex('runs_by_client_run_id')
    .unique()
    .on('runs')
    .columns(['owner_id', 'client_run_id'])
    .where(sql.ref('client_run_id'), 'is not', null)
    .execute()
  await db.schema.createIndex('runs_by_user_message').on('runs').column('user_message_id').execute()
  await db.schema.createIndex('runs_by_ended_at').on('runs').column('ended_at').execute()

  await db.schema
    .createTable('segments')
    .addColumn('run_id', 'text', column => column.notNull().references('runs.id').onDelete('cascade'))
    .addColumn('from_seq', 'integer', column => column.notNull())
    .addColumn('to_seq', 'integer', column => column.notNull())
    .addColumn('frames', 'text', column => column.notNull())
    .addPrimaryKeyConstraint('segments_key', ['run_id', 'from_seq'])
    .execute()

  await db.schema
    .createTable('settings')
    .addColumn('key', 'text', column => column.primaryKey())
    .addColumn('value', 'text', column => column.notNull())
    .execute()
}
