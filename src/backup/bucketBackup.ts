import { readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { BlobStore } from '../server/files/blobStore.ts'
import { type Backup, backUp, LIST } from './backUp.ts'
import { BackupProblem } from './backupProblem.ts'
import type { Bucket, StoredObject } from './bucket.ts'
import { freeName, isCopy, outlived } from './copyNames.ts'
import { copyFiles, listOf, namesIn, namesInList, removeOtherFiles } from './fileCopies.ts'
import { restore } from './restore.ts'

const PREFIX = 'riacho'
const SUM = '.sha256'
/** A copy whose checksum is missing for this long is what a killed backup left, in milliseconds. */
const LEFT_AFTER = 60 * 60_000

export interface BucketBackupOptions {
  /** The database. A server may use it meanwhile. */
  file: string
  bucket: Bucket
  now: Date
  /** How many copies to keep, the newest ones. If absent, all. */
  keep?: number | undefined
  /** The store of the server, and the one in the bucket. If absent, the bytes of files are not copied. */
  stores?: { from: BlobStore; to: BlobStore } | undefined
}

/**
 * Makes a verified copy beside the database, and stores it in a bucket. Its checksum is stored last, and only a copy that
 * has one counts. Throws `BackupProblem`.
 */
export async function backUpToBucket({
  file,
  bucket,
  now,
  keep,
  stores,
}: BucketBackupOptions): Promise<Backup> {
  const stored = await bucket.list()
  const names = new Set(stored.map(({ name }) => name))
  // A killed backup left its copy: the next one takes it away.
  const copy = await backUp({ file, folder: dirname(file), prefix: 'to-upload', now, keep: 1 })
  const sums = `${copy.path}${SUM}`
  try {
    const name = freeName(PREFIX, now, name => names.has(name))
    const fileNames = stores ? namesIn(copy.path) : []
    const files = stores && (await copyFiles(fileNames, stores))
    if (fileNames.length > 0) await bucket.uploadText(listOf(fileNames), `${name}${LIST}`)
    await bucket.upload(copy.path, name)
    const sum = (await readFile(sums, 'utf8')).replace(basename(copy.path), name)
    await bucket.uploadText(sum, `${name}${SUM}`)
    const old = outlived(
      [...names].filter(name => names.has(`${name}${SUM}`)),
      { prefix: PREFIX, keep, made: name },
    )
    for (const name of [...old, ...leftIn(stored, now)]) {
      // Without its checksum it counts no more, also if this is killed before the copy is gone.
      await bucket.remove(`${name}${SUM}`)
      await bucket.remove(name)
      if (names.has(`${name}${LIST}`)) await bucket.remove(`${name}${LIST}`)
    }
    if (stores) await removeOtherFiles(stores.to, await namesInLists(bucket))
    const removed = old.map(bucket.address)
    return { path: bucket.address(name), bytes: copy.bytes, removed, ...(files && { files }) }
  } finally {
    for (const path of [copy.path, sums]) await rm(path, { force: true })
  }
}

/** The files that any copy in the bucket names. */
async function namesInLists(bucket: Bucket): Promise<Set<string>> {
  const names = new Set<string>()
  for (const { name } of await bucket.list()) {
    if (!name.endsWith(LIST)) continue
    for (const each of namesInList(await bucket.downloadText(name))) names.add(each)
  }
  return names
}

/** Copies that killed backups left. */
function leftIn(stored: readonly StoredObject[], now: Date): string[] {
  const names = new Set(stored.map(({ name }) => name))
  return stored
    .filter(({ at }) => at < now.getTime() - LEFT_AFTER)
    .map(({ name }) => name)
    .filter(name => isCopy(PREFIX, name) && !names.has(`${name}${SUM}`))
}

/**
 * Puts a copy from a bucket in place of a database, as `restore` does. Resolves with the copy of what was there, if there was
 * something. Throws `BackupProblem` and `DatabaseProblem`.
 */
export async function restoreFromBucket({
  file,
  bucket,
  name,
  now,
  stores,
}: Omit<BucketBackupOptions, 'keep'> & { name: string }): Promise<{ before: string | undefined }> {
  const names = new Set((await bucket.list()).map(({ name }) => name))
  if (!names.has(name)) throw new BackupProblem(`${bucket.address(name)} does not exist.`)
  if (!names.has(`${name}${SUM}`))
    throw new BackupProblem(`${bucket.address(name)} has no checksum beside it, so it is no whole copy.`)
  const from = join(dirname(file), `downloaded-${name}`)
  try {
    await bucket.download(`${name}${SUM}`, `${from}${SUM}`)
    await bucket.download(name, from)
    return await restore({ file, from, now, ...(stores && { stores }) })
  } finally {
    for (const path of [from, `${from}${SUM}`]) await rm(path, { force: true })
  }
}
