import { randomBytes } from 'node:crypto'
import type { Database } from '../database/database.ts'
import { claimSetting, readSetting } from '../database/storedSettings.ts'

const KEY = 'session_secret'

/** The secret that signs session cookies. The first call makes one, and the database keeps it. */
export async function storedSecret(database: Database): Promise<string> {
  const known = await readSetting(database.queries, KEY)
  if (known) return known
  const value = randomBytes(32).toString('base64url')
  return database.write('power', queries => claimSetting(queries, { key: KEY, value }))
}
