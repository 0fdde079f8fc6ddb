import type { Queries } from '../../schema.ts'
import { readSetting } from '../../storedSettings.ts'

const KEY = 'rewrite_due_since'

/** Says that the file may hold parts of what was erased at `at`, until it is rewritten. An earlier mark stays. */
export async function markRewriteDue(queries: Queries, at: number): Promise<void> {
  await queries
    .insertInto('settings')
    .values({ key: KEY, value: String(at) })
    .onConflict(conflict => conflict.doNothing())
    .execute()
}

/** The time of the first erasure since the file was last rewritten, in milliseconds. `undefined` if there is none. */
export async function rewriteDueSince(queries: Queries): Promise<number | undefined> {
  const value = await readSetting(queries, KEY)
  return value === undefined ? undefined : Number(value)
}

export async function clearRewriteDue(queries: Queries): Promise<void> {
  await queries.deleteFrom('settings').where('key', '=', KEY).execute()
}
