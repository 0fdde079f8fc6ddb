import { type Kysely, sql } from 'kysely'

/** When somebody touched a conversation last, after how many days owners let theirs go, and which ones are temporary. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('conversations').addColumn('touched_at', 'bigint').execute()
  await db.schema
    .alterTable('conversations')
    .addColumn('temporary', 'integer', column => column.notNull().defaultTo(0))
    .execute()
  for (const statement of INDEXES) await sql.raw(statement).execute(db)
  await db.schema
    .createTable('owner_retention')
    .addColumn('owner_id', 'text', column => column.primaryKey())
    .addColumn('days', 'integer', column => column.notNull())
    .addColumn('since', 'bigint', column => column.notNull())
    .addColumn('look_at', 'bigint', column => column.notNull())
    .execute()
  await db.schema.createIndex('owner_retention_by_look').on('owner_retention').column('look_at').execute()
}

/** Conversations of earlier versions have no `touched_at`, and then `updated_at` counts. */
const INDEXES = [
  `create index conversations_by_touch on conversations (coalesce(touched_at, updated_at))
    where deleted_at is null and pinned = 0`,
  `create index conversations_by_owner_touch on conversations (owner_id, coalesce(touched_at, updated_at))
    where deleted_at is null and pinned = 0`,
  `create index conversations_by_temporary on conversations (coalesce(touched_at, updated_at))
    where deleted_at is null and temporary = 1`,
]
