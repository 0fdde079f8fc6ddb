import type { ImportRow, Queries } from './schema.ts'

export async function insertImport(queries: Queries, row: ImportRow): Promise<void> {
  await queries.insertInto('imports').values(row).execute()
}

/** Whether this owner has the conversation already. One that was deleted and not yet erased counts. */
export async function isImported(
  queries: Queries,
  { ownerId, source, sourceId }: { ownerId: string; source: string; sourceId: string },
): Promise<boolean> {
  const row = await queries
    .selectFrom('imports')
    .select('conversation_id')
    .where('owner_id', '=', ownerId)
    .where('source', '=', source)
    .where('source_id', '=', sourceId)
    .executeTakeFirst()
  return row !== undefined
}

interface Placed {
  id: string
  position: number
  updated_at: number
  isImported: number
}

/**
 * Puts the imported conversations of an owner among the others, by when they were last written in. The others keep
 * their order.
 */
export async function placeImports(queries: Queries, ownerId: string): Promise<void> {
  const rows: Placed[] = await queries
    .selectFrom('conversations')
    .select(['id', 'position', 'updated_at'])
    .select(({ exists, selectFrom }) =>
      exists(selectFrom('imports').select('source').whereRef('conversation_id', '=', 'conversations.id'))
        .$castTo<number>()
        .as('isImported'),
    )
    .where('owner_id', '=', ownerId)
    .orderBy('position')
    .execute()
  const positions = rows.map(({ position }) => position)
  for (const [index, { id, position }] of mergedByTime(rows).entries()) {
    const place = positions[index] ?? position
    if (place !== position)
      await queries.updateTable('conversations').set({ position: place }).where('id', '=', id).execute()
  }
}

function mergedByTime(rows: readonly Placed[]): Placed[] {
  const others = rows.filter(({ isImported }) => !isImported)
  const imported = rows.filter(({ isImported }) => isImported).sort((a, b) => a.updated_at - b.updated_at)
  const merged: Placed[] = []
  let next = 0
  for (const row of imported) {
    for (let other = others[next]; other && other.updated_at <= row.updated_at; other = others[next]) {
      merged.push(other)
      next += 1
    }
    merged.push(row)
  }
  return [...merged, ...others.slice(next)]
}
