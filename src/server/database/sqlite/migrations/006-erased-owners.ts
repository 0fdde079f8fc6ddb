import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('erased_owners')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('erased_at', 'bigint', column => column.notNull())
    .execute()
}
