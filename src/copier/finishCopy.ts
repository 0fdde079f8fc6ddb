import type { Client } from 'pg'
import { UNFINISHED_COPY } from '../server/database/copyMark.ts'
import { COPIED_FROM } from './tables.ts'
import { beginLong, type CopyState } from './target.ts'

/** Columns that PostgreSQL numbers by itself. */
const NUMBERED = [
  ['messages', 'number'],
  ['runs', 'rowid'],
  ['segments', 'rowid'],
  ['shares', 'rowid'],
  ['ended_runs', 'number'],
  ['audit', 'number'],
] as const

/**
 * Makes the numbers go on after those that were copied. Gives the runs that are active to a node that has left: the first
 * server takes them over, as it would those of a killed process.
 */
export async function prepareForNodes(client: Client, { id }: CopyState): Promise<void> {
  await beginLong(client)
  for (const [table, column] of NUMBERED)
    await client.query(
      `select setval(pg_get_serial_sequence('${table}', '${column}'), coalesce(max(${column}), 0) + 1, false) from ${table}`,
    )
  await client.query(
    `select setval('conversation_positions', greatest(coalesce(max(position), 0) + 1, 1), false) from conversations`,
  )
  await client.query(
    `insert into nodes (id, version, has_left) select $1::uuid, 'db:copy', true
      where exists (select from runs where status = 'active') on conflict do nothing`,
    [id],
  )
  await client.query(`update runs set node_id = $1::uuid where status = 'active'`, [id])
  await client.query('commit')
  await client.query('analyze')
}

/** Takes the mark away that keeps servers from starting. This commit is synced, and with it every one before. */
export async function finishCopy(client: Client, { id }: CopyState): Promise<void> {
  await client.query(
    `with gone as (delete from settings where key = $1)
      insert into settings (key, value) values ($2, $3)`,
    [UNFINISHED_COPY, COPIED_FROM, JSON.stringify({ id })],
  )
}
