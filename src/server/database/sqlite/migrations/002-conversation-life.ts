import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await changeConversations(db)
  await numberMessages(db)
  await indexMessages(db)
  await db.schema.alterTable('runs').addColumn('timing', 'text').execute()
  await db.schema.alterTable('runs').addColumn('cost', 'text').execute()
  await db.schema.createIndex('runs_by_conversation').on('runs').column('conversation_id').execute()
  await createShares(db)
}

async function changeConversations(db: Kysely<unknown>): Promise<void> {
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
}

/** The index needs a number for each message that stays the same; SQLite's own row ids change in a `vacuum`. */
async function numberMessages(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('messages').renameTo('messages_before').execute()
  await db.schema
    .createTable('messages')
    .addColumn('number', 'integer', column => column.primaryKey())
    .addColumn('id', 'text', column => column.notNull().unique())
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
    .addColumn('feedback', 'text')
    .addColumn('created_at', 'bigint', column => column.notNull())
    .execute()
  const columns = sql.raw(
    'id, conversation_id, owner_id, parent_id, role, parts, client_message_id, request_hash, run_id, created_at',
  )
  await sql`insert into messages (${columns}) select ${columns} from messages_before order by created_at, id`.execute(
    db,
  )
  await db.schema.dropTable('messages_before').execute()
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
}

/**
 * A row of the index: the text of a message that a person can search for, without its reasoning. The index keeps no
 * text. To delete a row from it, pass the same text again.
 */
const INDEX_ROW = sql`
  number, hex(owner_id),
  (select group_concat(concat_ws(char(10), value ->> 'name', value ->> 'text'), char(10))
    from json_each(parts) where value ->> 'type' in ('text', 'refusal', 'file'))`

/** Triggers keep the index: whatever stores or deletes a message does so with its words, in one transaction. */
async function indexMessages(db: Kysely<unknown>): Promise<void> {
  await sql`
    create virtual table message_index using fts5(
      owner, text, content = '', prefix = '1 2 3 4',
      tokenize = 'unicode61 remove_diacritics 2')`.execute(db)
  await sql`insert into message_index (rowid, owner, text) select ${INDEX_ROW} from messages`.execute(db)
  await sql`
    create trigger message_stored after insert on messages begin
      insert into message_index (rowid, owner, text)
        select ${INDEX_ROW}
        from (select new.number as number, new.owner_id as owner_id, new.parts as parts);
    end`.execute(db)
  await sql`
    create trigger message_deleted after delete on messages begin
      insert into message_index (message_index, rowid, owner, text)
        select 'delete', ${INDEX_ROW}
        from (select old.number as number, old.owner_id as owner_id, old.parts as parts);
    end`.execute(db)
}

async function createShares(db: Kysely<unknown>): Promise<void> {
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
