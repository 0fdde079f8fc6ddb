import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pipeline } from 'node:stream/promises'
import { migrations } from '../server/database/sqlite/migrations/index.ts'
import { BackupProblem } from './backupProblem.ts'

/** The SHA-256 of a file, in hexadecimal. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/**
 * Makes sure that a file is a whole database of Riacho that this version can read, and the file that its `.sha256` was
 * written for. Throws `BackupProblem`.
 */
export async function verify(path: string): Promise<void> {
  if (!existsSync(path)) throw new BackupProblem(`${path} does not exist.`)
  const sums = `${path}.sha256`
  if (existsSync(sums)) {
    const [expected] = readFileSync(sums, 'utf8').split(/\s/)
    if ((await hashOf(path)) !== expected)
      throw new BackupProblem(`${path} is not the file that ${sums} was written for.`)
  }
  const names = readMigrations(path)
  const later = names.filter(name => !(name in migrations))
  if (later.length > 0)
    throw new BackupProblem(`${path} was written by a later version of Riacho (${later.join(', ')}).`)
}

/** The migrations that a database has had. */
function readMigrations(path: string): string[] {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: true })
    const [integrity] = database.prepare('pragma integrity_check').all()
    if (integrity?.['integrity_check'] !== 'ok') throw new Error(String(integrity?.['integrity_check']))
    return database
      .prepare('select name from kysely_migration')
      .all()
      .map(({ name }) => String(name))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new BackupProblem(`${path} is no whole database of Riacho: ${reason}.`)
  } finally {
    database?.close()
  }
}
