import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('journal')
    .addColumn('id', 'integer', column => column.primaryKey())
    .addColumn('segments', 'text', column => column.notNull())
    .execute()
}
