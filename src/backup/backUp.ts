import { constants, existsSync } from 'node:fs'
import { access, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeFolder } from '../server/database/sqlite/file/makeFolder.ts'
import { BackupProblem } from './backupProblem.ts'
import { hashOf, verify } from './verify.ts'

/** What is not whole yet. The next backup removes what a killed one left. */
const PARTIAL = '.partial'

export interface BackUpOptions {
  /** The database. A server may use it meanwhile. */
  file: string
  folder: string
  /** What the name of the copy begins with. */
  prefix?: string
  now: Date
  /** How many copies to keep, the newest ones. If absent, all. */
  keep?: number | undefined
}

export interface Backup {
  path: string
  bytes: number
  /** Older copies that it removed. */
  removed: string[]
}

/**
 * Writes a whole copy of a database into a folder. SQLite makes it in one read, so that it shows one moment, and it has
 * nothing of what was erased before. Its name appears once it is verified and survives a loss of power. Throws
 * `BackupProblem`.
 */
export async function backUp({ file, folder, prefix = 'riacho', now, keep }: BackUpOptions): Promise<Backup> {
  if (!existsSync(file)) throw new BackupProblem(`There is no database ${file}.`)
  await prepareFolder(folder, prefix)
  const path = await freePath(folder, `${prefix}-${stampOf(now)}`)
  const partial = `${path}${PARTIAL}`
  // SQLite writes into an empty file that is there, and so with its rights.
  await writeFile(partial, '', { mode: 0o600 })
  copy(file, partial)
  await verify(partial)
  await sync(partial)
  await writeFile(`${path}.sha256`, `${await hashOf(partial)}  ${basename(path)}\n`, { mode: 0o600 })
  await sync(`${path}.sha256`)
  await rename(partial, path)
  await sync(folder)
  const removed = keep === undefined ? [] : await removeOlder(folder, { prefix, keep, made: basename(path) })
  return { path, bytes: (await stat(path)).size, removed }
}

/** Makes the folder, and removes what a killed backup left in it. */
async function prepareFolder(folder: string, prefix: string): Promise<void> {
  try {
    makeFolder(resolve(folder))
    await access(folder, constants.W_OK)
    for (const name of await readdir(folder))
      if (name.startsWith(`${prefix}-`) && name.endsWith(PARTIAL)) await rm(join(folder, name))
  } catch (error) {
    throw new BackupProblem(`${folder} cannot be used: ${error instanceof Error ? error.message : error}.`)
  }
}

function copy(from: string, to: string): void {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(from, { readOnly: true })
    database.prepare('vacuum into ?').run(to)
  } catch (error) {
    throw new BackupProblem(`${from} cannot be copied: ${error instanceof Error ? error.message : error}.`)
  } finally {
    database?.close()
  }
}

/** The time as a part of a file name, in order: `20261129T181500Z`. */
function stampOf(now: Date): string {
  return now.toISOString().replace(/[-:]|\.\d+/g, '')
}

async function freePath(folder: string, name: string): Promise<string> {
  for (let count = 1; ; count++) {
    const path = join(folder, `${name}${count === 1 ? '' : `-${count}`}.db`)
    if (!existsSync(path)) return path
  }
}

async function removeOlder(
  folder: string,
  { prefix, keep, made }: { prefix: string; keep: number; made: string },
): Promise<string[]> {
  // The one that was just made stays, also if a clock was set back.
  const others = (await readdir(folder)).filter(name => name !== made && placeOf(prefix, name) !== undefined)
  const inTime = others.toSorted((one, other) =>
    (placeOf(prefix, one) ?? '') < (placeOf(prefix, other) ?? '') ? -1 : 1,
  )
  const old = inTime.slice(0, Math.max(0, inTime.length - keep + 1)).map(name => join(folder, name))
  for (const path of old) {
    await rm(path)
    await rm(`${path}.sha256`, { force: true })
  }
  return old
}

/** The place of a copy among others in time: those of one second by their number. `undefined` for any other name. */
function placeOf(prefix: string, name: string): string | undefined {
  const [, stamp, count = '1'] = /^(\d{8}T\d{6}Z)(?:-(\d+))?\.db$/.exec(name.slice(prefix.length + 1)) ?? []
  return name.startsWith(`${prefix}-`) && stamp ? `${stamp}-${count.padStart(9, '0')}` : undefined
}

/** Makes a file, or the names in a folder, survive a loss of power. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
