import { randomBytes } from 'node:crypto'
import type { Database } from './database.ts'
import type { Queries } from './schema.ts'

export async function readSetting(queries: Queries, key: string): Promise<string | undefined> {
  const row = await queries.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst()
  return row?.value
}

/** Stores the value unless there is one. Gives the one that is stored, which another node may have made first. */
export async function claimSetting(
  queries: Queries,
  { key, value }: { key: string; value: string },
): Promise<string> {
  await queries
    .insertInto('settings')
    .values({ key, value })
    .onConflict(conflict => conflict.doNothing())
    .execute()
  return (await readSetting(queries, key)) ?? value
}

export async function writeSetting(
  queries: Queries,
  { key, value }: { key: string; value: string },
): Promise<void> {
  await queries
    .insertInto('settings')
    .values({ key, value })
    .onConflict(conflict => conflict.column('key').doUpdateSet({ value }))
    .execute()
}

/** A secret that the database keeps under this key. The first call makes one. */
export async function storedSecret(database: Database, key: string): Promise<string> {
  const known = await readSetting(database.queries, key)
  if (known) return known
  const value = randomBytes(32).toString('base64url')
  return database.write('power', queries => claimSetting(queries, { key, value }))
}
