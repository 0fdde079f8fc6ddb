import { compiled } from './compiled.ts'
import type { Queries } from './schema.ts'

/** Records that an owner was erased. From now on nothing can be stored for this owner. */
export async function markErased(
  queries: Queries,
  { ownerId, at }: { ownerId: string; at: number },
): Promise<void> {
  await queries
    .insertInto('erased_owners')
    .values({ id: ownerId, erased_at: at })
    .onConflict(conflict => conflict.doNothing())
    .execute()
}

export async function isErased(queries: Queries, ownerId: string): Promise<boolean> {
  const { rows } = await selectErased(queries, { ownerId })
  return rows.length > 0
}

const selectErased = compiled((queries, { ownerId }: { ownerId: string }) =>
  queries.selectFrom('erased_owners').select('id').where('id', '=', ownerId),
)

/** Owners that have conversations, who wrote last first. At most `limit`. */
export async function listOwners(
  queries: Queries,
  { limit }: { limit: number },
): Promise<{ id: string; conversations: number }[]> {
  return queries
    .selectFrom('conversations')
    .select(({ fn }) => ['owner_id as id', fn.countAll<number>().as('conversations')])
    .where('deleted_at', 'is', null)
    .groupBy('owner_id')
    .orderBy(({ fn }) => fn.max('position'), 'desc')
    .limit(limit)
    .execute()
}
