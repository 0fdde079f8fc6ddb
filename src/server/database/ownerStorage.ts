import type { Queries } from './schema.ts'

/** Bytes that an owner stores. Triggers keep the sum. */
export async function storedBytes(queries: Queries, ownerId: string): Promise<number> {
  const row = await queries
    .selectFrom('owner_storage')
    .select('bytes')
    .where('owner_id', '=', ownerId)
    .executeTakeFirst()
  return row?.bytes ?? 0
}
