import { type Kysely, sql } from 'kysely'

/** The tables of migration 016 of SQLite. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // Each accepted run changes its rows, so that there is room for the next version of a row in its page.
  `create table spending_sums (
    scope text collate "C" not null,
    period text collate "C" not null,
    messages bigint not null,
    tokens bigint not null,
    micros bigint not null,
    reserved_tokens bigint not null,
    reserved_micros bigint not null,
    primary key (scope, period)) with (fillfactor = 50)`,
  `create table spending_reservations (
    run_id text collate "C" primary key,
    owner_id text collate "C" not null,
    owner_day text collate "C",
    owner_month text collate "C",
    all_month text collate "C",
    input_tokens bigint not null,
    tokens bigint not null,
    micros bigint not null)`,
  `create index spending_reservations_by_owner on spending_reservations (owner_id)`,
]
