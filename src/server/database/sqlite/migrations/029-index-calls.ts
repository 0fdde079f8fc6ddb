import { type Kysely, sql } from 'kysely'

/** As migration 024 indexes. */
const BEFORE = `substr(
  (select group_concat(concat_ws(char(10), value ->> 'name', value ->> 'text'), char(10))
    from json_each(parts) where value ->> 'type' in ('text', 'refusal', 'file', 'image', 'document')), 1, 200000)`

/** The values in a text of JSON. Nothing if the text is no JSON. */
const valuesIn = (json: string) => `(
  select group_concat(iif(type = 'real' and atom = cast(atom as integer), cast(atom as integer), atom), char(10))
  from json_tree(iif(json_valid(${json}), ${json}, 'null')) where type in ('text', 'integer', 'real'))`
const ANSWER = `part.value ->> 'content'`
const CALL = `concat_ws(char(10),
  coalesce(part.value ->> 'title', part.value ->> 'tool'),
  ${valuesIn(`part.value ->> 'arguments'`)},
  iif(json_valid(${ANSWER}) and ltrim(${ANSWER}, char(9, 10, 13, 32)) glob '[[{]*', ${valuesIn(ANSWER)}, ${ANSWER}),
  (select group_concat(file.value ->> 'name', char(10)) from json_each(part.value, '$.files') as file where file.type = 'object'))`
/** What calls show stands behind the texts, so that a long answer of a tool leaves no text out. */
const INDEXED = `(
  select substr(concat_ws(char(10),
    group_concat(concat_ws(char(10), value ->> 'name', value ->> 'text'), char(10))
      filter (where value ->> 'type' <> 'tool'),
    group_concat(${CALL}, char(10)) filter (where value ->> 'type' = 'tool')), 1, 200000)
  from json_each(parts) as part
  where value ->> 'type' in ('text', 'refusal', 'file', 'image', 'document', 'tool'))`

const ADDED = `insert into message_index (rowid, owner, text)
  select number, hex(owner_id), ${INDEXED}
  from (select new.number as number, new.owner_id as owner_id, new.parts as parts);`
const REMOVED = `insert into message_index (message_index, rowid, owner, text)
  select 'delete', number, hex(owner_id), ${INDEXED}
  from (select old.number as number, old.owner_id as owner_id, old.parts as parts);`

/** Makes findable what calls of tools show. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of NEW_TRIGGERS) await sql.raw(statement).execute(db)
  await sql`create temp table with_calls as select number from messages
    where role = 'ASSISTANT' and instr(parts, '"type":"tool"') > 0`.execute(db)
  const { rows } = await sql`select 1 from with_calls limit 1`.execute(db)
  if (rows.length > 0) for (const statement of REINDEXED) await sql.raw(statement).execute(db)
  await sql`drop table with_calls`.execute(db)
}

/**
 * To overwrite the old entries one by one takes ten times as long. `optimize` drops them, because the erasure of a message
 * would leave them in the file.
 */
const REINDEXED = [
  `insert into message_index (message_index, rank) values ('secure-delete', 0)`,
  `insert into message_index (message_index, rowid, owner, text)
    select 'delete', number, hex(owner_id), ${BEFORE} from with_calls join messages using (number)`,
  `insert into message_index (rowid, owner, text)
    select number, hex(owner_id), ${INDEXED} from with_calls join messages using (number)`,
  `insert into message_index (message_index) values ('optimize')`,
  `insert into message_index (message_index, rank) values ('secure-delete', 1)`,
]

const NEW_TRIGGERS = [
  `drop trigger message_stored`,
  `drop trigger message_deleted`,
  `drop trigger message_moved`,
  `create trigger message_stored after insert on messages begin ${ADDED} end`,
  `create trigger message_deleted after delete on messages begin ${REMOVED} end`,
  `create trigger message_moved after update of owner_id on messages when old.owner_id <> new.owner_id begin
    ${REMOVED} ${ADDED}
  end`,
]
