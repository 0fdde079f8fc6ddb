import type { Queries } from './schema.ts'

export async function readSetting(queries: Queries, key: string): Promise<string | undefined> {
  const row = await queries.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst()
  return row?.value
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
