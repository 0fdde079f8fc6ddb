import { type Kysely, sql } from 'kysely'

/** Figures of runs that have ended, and what administrators did. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table ended_runs (
    number integer primary key,
    owner_id text,
    status text not null,
    code text,
    usage text,
    timing text,
    cost text,
    ended_at bigint not null)`,
  // A trigger, so that no way of ending a run can forget it.
  `create trigger run_ended after update of status on runs
    when old.status = 'active' and new.status <> 'active' begin
    insert into ended_runs (owner_id, status, code, usage, timing, cost, ended_at)
      values (new.owner_id, new.status, new.code, new.usage, new.timing, new.cost, new.ended_at);
  end`,
  `create table day_figures (
    day text not null,
    name text not null,
    amount bigint not null,
    primary key (day, name))`,
  `create table owner_months (
    owner_id text not null,
    month text not null,
    runs bigint not null,
    tokens bigint not null,
    micros bigint not null,
    primary key (owner_id, month))`,
  `create index owner_months_by_month on owner_months (month)`,
  `create index accounts_by_admin on accounts (id) where role = 'admin'`,
  `create table audit (
    number integer primary key,
    at bigint not null,
    actor_id text,
    action text not null,
    subject text not null,
    detail text)`,
  `create trigger audit_kept before delete on audit begin select raise(abort, 'audit lines stay'); end`,
  `create trigger audit_unchanged before update on audit begin select raise(abort, 'audit lines stay'); end`,
]
