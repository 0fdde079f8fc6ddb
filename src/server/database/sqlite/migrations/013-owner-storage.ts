import { type Kysely, type RawBuilder, sql } from 'kysely'

/** Bytes that a row counts besides its text. They stand for its other columns, its run and its words in the index. */
const ROW = sql.lit(1000)

/** What a row of each table counts, with the column names after `row`. */
const SIZES = {
  conversations: () => ROW,
  messages: (row: string) => sql`${ROW} + octet_length(${sql.ref(`${row}.parts`)})`,
  shares: (row: string) => sql`${ROW} + octet_length(${sql.ref(`${row}.conversation`)})`,
} satisfies Record<string, (row: string) => RawBuilder<unknown>>

/** Triggers count what each owner stores, because counting it anew for each request would take ever longer. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('owner_storage')
    .addColumn('owner_id', 'text', column => column.primaryKey())
    .addColumn('bytes', 'bigint', column => column.notNull())
    .execute()
  for (const [table, size] of Object.entries(SIZES)) {
    await sql`
      insert into owner_storage (owner_id, bytes)
        select owner_id, sum(${size(table)}) from ${sql.table(table)} where true group by owner_id
        on conflict (owner_id) do update set bytes = bytes + excluded.bytes`.execute(db)
    await sql`
      create trigger ${sql.id(`${table}_counted`)} after insert on ${sql.table(table)} begin
        insert into owner_storage (owner_id, bytes) values (new.owner_id, ${size('new')})
          on conflict (owner_id) do update set bytes = bytes + excluded.bytes;
      end`.execute(db)
    await sql`
      create trigger ${sql.id(`${table}_uncounted`)} after delete on ${sql.table(table)} begin
        update owner_storage set bytes = bytes - (${size('old')}) where owner_id = old.owner_id;
        delete from owner_storage where owner_id = old.owner_id and bytes <= 0;
      end`.execute(db)
  }
}
