import { DatabaseProblem } from './databaseProblem.ts'
import type { Queries } from './schema.ts'
import { readSetting } from './storedSettings.ts'

/** The setting of a database into which a copy is under way. It has what the copy has done so far. */
export const UNFINISHED_COPY = 'unfinished_copy'

/** Throws `DatabaseProblem` if the database has only a part of what is copied into it. */
export async function requireNoCopy(queries: Queries): Promise<void> {
  if ((await readSetting(queries, UNFINISHED_COPY)) === undefined) return
  throw new DatabaseProblem(
    'A copy into this database has not finished: give the same db:copy command again, and start Riacho afterwards.',
  )
}
