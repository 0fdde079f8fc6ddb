import { type Kysely, sql } from 'kysely'

/** The keys by which programs act for owners. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('api_keys')
    .addColumn('token_hash', 'text', column => column.primaryKey())
    .addColumn('id', 'text', column => column.notNull())
    .addColumn('owner_id', 'text', column => column.notNull())
    .addColumn('name', 'text', column => column.notNull())
    .addColumn('scope', 'text', column => column.notNull())
    .addColumn('created_at', 'bigint', column => column.notNull())
    .addColumn('used_at', 'bigint')
    .addColumn('expires_at', 'bigint', column => column.notNull())
    .addColumn('revoked_at', 'bigint')
    .execute()
  await db.schema.createIndex('api_keys_by_owner').on('api_keys').column('owner_id').execute()
  await db.schema.createIndex('api_keys_by_expiry').on('api_keys').column('expires_at').execute()
  await db.schema
    .createIndex('api_keys_by_revocation')
    .on('api_keys')
    .column('revoked_at')
    .where(sql.ref('revoked_at'), 'is not', null)
    .execute()
}
