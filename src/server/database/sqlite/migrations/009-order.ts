import { type Kysely, sql } from 'kysely'

/** Lists are in the order in which things were stored. Before, they were in the order of stamps of a clock that jumps. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('conversations')
    .addColumn('position', 'integer', column => column.notNull().defaultTo(0))
    .execute()
  await sql`
    update conversations set position = ranked.place
      from (select id, row_number() over (order by updated_at, id) as place from conversations) as ranked
      where ranked.id = conversations.id`.execute(db)
  await db.schema.createIndex('conversations_by_position').on('conversations').column('position').execute()
  await db.schema.dropIndex('conversations_by_owner').execute()
  await db.schema
    .createIndex('conversations_by_owner')
    .on('conversations')
    .columns(['owner_id', 'archived', 'pinned', 'position'])
    .where(sql.ref('deleted_at'), 'is', null)
    .execute()
  await db.schema.dropIndex('conversations_by_title').execute()
  await db.schema
    .createIndex('conversations_by_title')
    .on('conversations')
    .columns(['owner_id', 'pinned', 'position', 'id', 'archived', 'folded_title'])
    .where(sql.ref('deleted_at'), 'is', null)
    .execute()
  // The number of a message follows the columns of every index by itself.
  await db.schema.dropIndex('messages_by_conversation').execute()
  await db.schema.createIndex('messages_by_conversation').on('messages').column('conversation_id').execute()
}
