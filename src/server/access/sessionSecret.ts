import { randomBytes } from 'node:crypto'
import type { Database } from '../database/open.ts'
import { readSetting, writeSetting } from '../database/storedSettings.ts'

const KEY = 'session_secret'

/** The secret that signs session cookies. The first call makes one, and the database keeps it. */
export async function storedSecret(database: Database): Promise<string> {
  const known = await readSetting(database.queries, KEY)
  if (known) return known
  const value = randomBytes(32).toString('base64url')
  await database.write('power', queries => writeSetting(queries, { key: KEY, value }))
  return value
}
