import { type Kysely, sql } from 'kysely'

/** Who asks is a row that can be revoked. Before, a cookie proved it by its signature alone. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('sessions')
    .addColumn('token_hash', 'text', column => column.primaryKey())
    .addColumn('id', 'text', column => column.notNull())
    .addColumn('owner_id', 'text', column => column.notNull())
    .addColumn('replaced_hash', 'text')
    .addColumn('is_confirmed', 'integer', column => column.notNull())
    .addColumn('is_kept', 'integer', column => column.notNull())
    .addColumn('device', 'text', column => column.notNull())
    .addColumn('created_at', 'bigint', column => column.notNull())
    .addColumn('issued_at', 'bigint', column => column.notNull())
    .addColumn('used_at', 'bigint', column => column.notNull())
    .addColumn('expires_at', 'bigint', column => column.notNull())
    .addColumn('revoked_at', 'bigint')
    .addColumn('changed_at', 'bigint')
    .execute()
  await db.schema.createIndex('sessions_by_owner').on('sessions').column('owner_id').execute()
  await db.schema
    .createIndex('sessions_by_expiry')
    .on('sessions')
    .column('expires_at')
    .where(sql.ref('is_kept'), '=', sql.lit(0))
    .execute()
  await db.schema
    .createIndex('sessions_by_use')
    .on('sessions')
    .columns(['used_at', 'token_hash'])
    .where(sql.ref('is_kept'), '=', sql.lit(0))
    .execute()
}
