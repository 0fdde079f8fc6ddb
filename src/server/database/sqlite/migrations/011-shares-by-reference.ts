import type { Kysely } from 'kysely'

/** A share keeps where its branch ends, and no copy of its messages. Older shares keep the copy that they have. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('shares')
    .addColumn('assistant', 'text', column => column.notNull().defaultTo(''))
    .execute()
  await db.schema
    .alterTable('shares')
    .addColumn('assistant_name', 'text', column => column.notNull().defaultTo(''))
    .execute()
  await db.schema.alterTable('shares').addColumn('head_message_id', 'text').execute()
}
