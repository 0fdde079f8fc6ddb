import type { Database } from '../database/database.ts'
import { findContent, hasContent } from '../database/files/files.ts'
import { hastenTrash, insertTrash, removeTrash } from '../database/files/fileTrash.ts'
import type { Queries } from '../database/schema.ts'
import type { BlobStore } from './blobStore.ts'
import { contentName, contentPrefix, prefixOfName, UNCLAIMED_FOR } from './fileNames.ts'

/** Bytes in the store under a new name. They go again after a day, unless `takeContent` takes them. */
export interface PutContent {
  name: string
  /** What begins the names of the same bytes. */
  prefix: string
}

interface Place {
  database: Database
  store: Pick<BlobStore, 'put'>
  steadyTime: () => number
}

/** Puts bytes into the store. Whatever dies now leaves no bytes that no sweep finds. */
export async function putContent(
  { database, store, steadyTime }: Place,
  bytes: Uint8Array,
): Promise<PutContent> {
  const prefix = contentPrefix(bytes)
  const name = contentName(prefix)
  const last = steadyTime() + UNCLAIMED_FOR
  await database.write('power', queries =>
    insertTrash(queries, { stored_as: name, due_at: last, ends_at: last }),
  )
  await store.put(name, bytes)
  return { name, prefix }
}

/**
 * Gives bytes to a file. `take` gets where they are: equal bytes may be in the store already. It returns whether the file has
 * taken them; otherwise what was put goes at once.
 */
export async function takeContent(
  queries: Queries,
  { name, prefix }: PutContent,
  take: (storedAs: string) => Promise<boolean>,
): Promise<void> {
  const shared = await findContent(queries, prefix)
  const isTaken = await take(shared ?? name)
  await (isTaken && shared === undefined ? removeTrash : hastenTrash)(queries, name)
}

/** Lets go of bytes that a file had. They go unless another file has them too. */
export async function letGoOfContent(queries: Queries, storedAs: string, now: number): Promise<void> {
  if (await hasContent(queries, { prefix: prefixOfName(storedAs), storedAs })) return
  await insertTrash(queries, { stored_as: storedAs, due_at: now, ends_at: now })
}
