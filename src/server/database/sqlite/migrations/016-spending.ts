import type { Kysely } from 'kysely'

const COUNTS = ['messages', 'tokens', 'micros', 'reserved_tokens', 'reserved_micros'] as const

/** What owners have used of their limits, and what their active runs may use. */
export async function up(db: Kysely<unknown>): Promise<void> {
  let sums = db.schema
    .createTable('spending_sums')
    .addColumn('scope', 'text', column => column.notNull())
    .addColumn('period', 'text', column => column.notNull())
  for (const name of COUNTS) sums = sums.addColumn(name, 'bigint', column => column.notNull())
  await sums.addPrimaryKeyConstraint('spending_sums_key', ['scope', 'period']).execute()
  await db.schema
    .createTable('spending_reservations')
    .addColumn('run_id', 'text', column => column.primaryKey())
    .addColumn('owner_id', 'text', column => column.notNull())
    .addColumn('owner_day', 'text')
    .addColumn('owner_month', 'text')
    .addColumn('all_month', 'text')
    .addColumn('input_tokens', 'bigint', column => column.notNull())
    .addColumn('tokens', 'bigint', column => column.notNull())
    .addColumn('micros', 'bigint', column => column.notNull())
    .execute()
  await db.schema
    .createIndex('spending_reservations_by_owner')
    .on('spending_reservations')
    .column('owner_id')
    .execute()
}
