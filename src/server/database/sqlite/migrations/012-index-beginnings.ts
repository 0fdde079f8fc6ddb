import { type Kysely, sql } from 'kysely'

/** How much of a message the index knows, in characters. An excerpt comes from as much. */
const MAX_INDEXED = 200_000

/** What migration 002 put into the index. */
const WHOLE = sql`
  (select group_concat(concat_ws(char(10), value ->> 'name', value ->> 'text'), char(10))
    from json_each(parts) where value ->> 'type' in ('text', 'refusal', 'file'))`
const BEGINNING = sql`substr(${WHOLE}, 1, ${sql.lit(MAX_INDEXED)})`

/** Indexing a text of some megabytes takes longer than other requests may wait. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const long = sql`from messages where octet_length(parts) > ${sql.lit(MAX_INDEXED)}`
  await sql`insert into message_index (message_index, rowid, owner, text)
    select 'delete', number, hex(owner_id), ${WHOLE} ${long}`.execute(db)
  await sql`insert into message_index (rowid, owner, text)
    select number, hex(owner_id), ${BEGINNING} ${long}`.execute(db)
  await sql`drop trigger message_stored`.execute(db)
  await sql`drop trigger message_deleted`.execute(db)
  await sql`
    create trigger message_stored after insert on messages begin
      insert into message_index (rowid, owner, text)
        select number, hex(owner_id), ${BEGINNING}
        from (select new.number as number, new.owner_id as owner_id, new.parts as parts);
    end`.execute(db)
  await sql`
    create trigger message_deleted after delete on messages begin
      insert into message_index (message_index, rowid, owner, text)
        select 'delete', number, hex(owner_id), ${BEGINNING}
        from (select old.number as number, old.owner_id as owner_id, old.parts as parts);
    end`.execute(db)
}
