import { type Kysely, sql } from 'kysely'

/** The passkeys by which people sign in. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table passkeys (
    id text not null primary key,
    account_id text not null,
    credential_id text not null unique,
    public_key text not null,
    rp_id text not null,
    counter bigint not null,
    name text not null,
    created_at bigint not null,
    used_at bigint)`,
  `create index passkeys_by_account on passkeys (account_id)`,
]
