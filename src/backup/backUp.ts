import { constants, existsSync } from 'node:fs'
import { access, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeFolder } from '../server/database/sqlite/file/makeFolder.ts'
import type { BlobStore } from '../server/files/blobStore.ts'
import { createFolderStore } from '../server/files/folderStore.ts'
import { BackupProblem } from './backupProblem.ts'
import { freeName, outlived } from './copyNames.ts'
import { copyFiles, listOf, namesIn, namesInList, removeOtherFiles } from './fileCopies.ts'
import { hashOf, verify } from './verify.ts'

/** How the list of the files ends that a copy names. */
export const LIST = '.files'
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
  /** The store of the server. If absent, the bytes of files are not copied. */
  store?: BlobStore | undefined
}

export interface Backup {
  path: string
  bytes: number
  /** Files that were not in the folder yet, and files that were erased meanwhile. */
  files?: { copied: number; missing: number }
  /** Older copies that it removed. */
  removed: string[]
}

/**
 * Writes a whole copy of a database into a folder. SQLite makes it in one read, so that it shows one moment, and it has
 * nothing of what was erased before. Its name appears once it is verified and survives a loss of power. Throws
 * `BackupProblem`.
 */
export async function backUp({
  file,
  folder,
  prefix = 'riacho',
  now,
  keep,
  store,
}: BackUpOptions): Promise<Backup> {
  if (!existsSync(file)) throw new BackupProblem(`There is no database ${file}.`)
  await prepareFolder(folder, prefix)
  const path = join(
    folder,
    freeName(prefix, now, name => existsSync(join(folder, name))),
  )
  const partial = `${path}${PARTIAL}`
  // SQLite writes into an empty file that is there, and so with its rights.
  await writeFile(partial, '', { mode: 0o600 })
  copy(file, partial)
  await verify(partial)
  await sync(partial)
  const files = store && (await backUpFiles({ store, folder, partial, list: `${path}${LIST}` }))
  await writeFile(`${path}.sha256`, `${await hashOf(partial)}  ${basename(path)}\n`, { mode: 0o600 })
  await sync(`${path}.sha256`)
  await rename(partial, path)
  await sync(folder)
  const removed = await removeOlder(folder, { prefix, keep, made: basename(path) })
  if (store) await removeOtherFiles(createFolderStore(folder), await namesInLists(folder))
  return { path, bytes: (await stat(path)).size, removed, ...(files && { files }) }
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

async function removeOlder(folder: string, kept: Parameters<typeof outlived>[1]): Promise<string[]> {
  const old = outlived(await readdir(folder), kept).map(name => join(folder, name))
  for (const path of old) {
    await rm(path)
    await rm(`${path}.sha256`, { force: true })
    await rm(`${path}${LIST}`, { force: true })
  }
  return old
}

/** Copies the files that the copy of the database names, and says beside it which ones these are. */
async function backUpFiles({
  store,
  folder,
  partial,
  list,
}: {
  store: BlobStore
  folder: string
  partial: string
  list: string
}): Promise<{ copied: number; missing: number }> {
  const names = namesIn(partial)
  const done = await copyFiles(names, { from: store, to: createFolderStore(folder) })
  if (names.length === 0) return done
  await writeFile(list, listOf(names), { mode: 0o600 })
  await sync(list)
  return done
}

/** The files that any copy in the folder names. */
async function namesInLists(folder: string): Promise<Set<string>> {
  const lists = (await readdir(folder)).filter(name => name.endsWith(LIST))
  const names = await Promise.all(
    lists.map(async name => namesInList(await readFile(join(folder, name), 'utf8'))),
  )
  return new Set(names.flat())
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
