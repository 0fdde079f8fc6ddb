import { type Kysely, type RawBuilder, sql } from 'kysely'

/** As migration 013 counts. */
const ROW = sql.lit(1000)
const SIZES = {
  conversations: ROW,
  messages: sql`${ROW} + octet_length(new.parts)`,
  shares: sql`${ROW} + octet_length(new.conversation)`,
} satisfies Record<string, RawBuilder<unknown>>

/** As migration 012 indexes. */
const INDEXED = sql`substr(
  (select group_concat(concat_ws(char(10), value ->> 'name', value ->> 'text'), char(10))
    from json_each(parts) where value ->> 'type' in ('text', 'refusal', 'file')), 1, ${sql.lit(200_000)})`

/** Accounts, and what a visitor has can go to one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await addAccounts(db)
  await addMoves(db)
  await db.schema.alterTable('sessions').addColumn('account_id', 'text').execute()
  // The command of the operator is another process, and may revoke sessions.
  await db.schema
    .createIndex('sessions_by_change')
    .on('sessions')
    .column('changed_at')
    .where(sql.ref('changed_at'), 'is not', null)
    .execute()
}

async function addAccounts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('accounts')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('owner_id', 'text', column => column.notNull().unique())
    .addColumn('email', 'text', column => column.notNull().unique())
    .addColumn('password_hash', 'text')
    .addColumn('name', 'text', column => column.notNull())
    .addColumn('role', 'text', column => column.notNull())
    .addColumn('created_at', 'bigint', column => column.notNull())
    .addColumn('confirmed_at', 'bigint')
    .addColumn('disabled_at', 'bigint')
    .addColumn('signed_in_at', 'bigint')
    .execute()
  await db.schema
    .createTable('account_tokens')
    .addColumn('token_hash', 'text', column => column.primaryKey())
    .addColumn('purpose', 'text', column => column.notNull())
    .addColumn('account_id', 'text')
    .addColumn('email', 'text')
    .addColumn('created_at', 'bigint', column => column.notNull())
    .addColumn('expires_at', 'bigint', column => column.notNull())
    .addColumn('used_at', 'bigint')
    .execute()
  await db.schema.createIndex('account_tokens_by_account').on('account_tokens').column('account_id').execute()
  await db.schema
    .createTable('attempts')
    .addColumn('key', 'text', column => column.primaryKey())
    .addColumn('free_at', 'bigint', column => column.notNull())
    .execute()
}

/** The triggers that count and index know no change of the owner, because there was none. */
async function addMoves(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('owner_moves')
    .addColumn('from_owner_id', 'text', column => column.primaryKey())
    .addColumn('to_owner_id', 'text', column => column.notNull())
    .addColumn('begun_at', 'bigint', column => column.notNull())
    .execute()
  await db.schema.createIndex('owner_moves_by_target').on('owner_moves').column('to_owner_id').execute()
  for (const [table, size] of Object.entries(SIZES))
    await sql`
      create trigger ${sql.id(`${table}_moved`)} after update of owner_id on ${sql.table(table)}
        when old.owner_id <> new.owner_id begin
        update owner_storage set bytes = bytes - (${size}) where owner_id = old.owner_id;
        delete from owner_storage where owner_id = old.owner_id and bytes <= 0;
        insert into owner_storage (owner_id, bytes) values (new.owner_id, ${size})
          on conflict (owner_id) do update set bytes = bytes + excluded.bytes;
      end`.execute(db)
  await sql`
    create trigger message_moved after update of owner_id on messages when old.owner_id <> new.owner_id begin
      insert into message_index (message_index, rowid, owner, text)
        select 'delete', number, hex(owner_id), ${INDEXED}
        from (select old.number as number, old.owner_id as owner_id, old.parts as parts);
      insert into message_index (rowid, owner, text)
        select number, hex(owner_id), ${INDEXED}
        from (select new.number as number, new.owner_id as owner_id, new.parts as parts);
    end`.execute(db)
}
