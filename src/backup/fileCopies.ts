import { DatabaseSync } from 'node:sqlite'
import { type BlobStore, readWhole } from '../server/files/blobStore.ts'
import { contentPrefix, prefixOfName } from '../server/files/fileNames.ts'
import { BackupProblem } from './backupProblem.ts'

/** The folder of the bytes of files, in every store. */
const FOLDER = 'files/'
/** How long files stay that a restored database does not know, because what was there before has them, in milliseconds. */
const KEPT_FOR = 7 * 24 * 60 * 60_000

/** Where the bytes of files are that a database names. */
export function namesIn(database: string): string[] {
  const reading = new DatabaseSync(database, { readOnly: true })
  try {
    const hasFiles = reading.prepare("select 1 from sqlite_schema where name = 'files'").get()
    if (!hasFiles) return []
    return reading
      .prepare('select distinct stored_as from files where stored_as is not null')
      .all()
      .map(row => String(row['stored_as']))
  } finally {
    reading.close()
  }
}

/**
 * Copies what `to` lacks. Bytes never change under a name, and the name says what they are. So nothing is copied twice, and each
 * copy is verified. Gives how many are `missing`: a server has erased them meanwhile. Throws `BackupProblem` if some are damaged.
 */
export async function copyFiles(
  names: readonly string[],
  { from, to }: { from: BlobStore; to: BlobStore },
): Promise<{ copied: number; missing: number }> {
  const there = new Set<string>()
  for await (const name of to.names(FOLDER)) there.add(name)
  let [copied, missing] = [0, 0]
  for (const name of names) {
    if (there.has(name)) continue
    const bytes = await readWhole(from, name)
    if (!bytes) {
      missing += 1
      continue
    }
    if (contentPrefix(bytes) !== prefixOfName(name))
      throw new BackupProblem(`The file ${name} is damaged: its bytes are not those that were stored.`)
    await to.put(name, bytes)
    copied += 1
  }
  return { copied, missing }
}

/** Removes the bytes that none of the copies names. */
export async function removeOtherFiles(store: BlobStore, kept: ReadonlySet<string>): Promise<void> {
  for await (const name of store.names(FOLDER)) if (!kept.has(name)) await store.remove(name)
}

/** Has a restored database let go, after a week, of what the store has and it does not know. */
export async function releaseUnknown(database: string, store: BlobStore, now: number): Promise<void> {
  const known = new Set(namesIn(database))
  const writing = new DatabaseSync(database)
  try {
    // A copy of an earlier version has no such table, and knows no file.
    if (!writing.prepare("select 1 from sqlite_schema where name = 'file_trash'").get()) return
    const insert = writing.prepare(
      'insert into file_trash (stored_as, due_at, ends_at) values (?, ?, ?) on conflict do nothing',
    )
    for await (const name of store.names(FOLDER))
      if (!known.has(name)) insert.run(name, now + KEPT_FOR, now + KEPT_FOR)
  } finally {
    writing.close()
  }
}

/** Names of files, as they stand beside a copy of a database. */
export function listOf(names: readonly string[]): string {
  return names.map(name => `${name}\n`).join('')
}

export function namesInList(list: string): string[] {
  return list.split('\n').filter(name => name !== '')
}
