// Copies the database while a server uses it, and puts a copy back:
//   npm run backup -- [folder | s3://bucket/folder] [--keep 7]
//   npm run restore -- backups/riacho-20261129T181500Z.db
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { filesOf } from '../openOptions.ts'
import { RiachoError } from '../protocol/errors.ts'
import { ConfigProblem } from '../server/config/configProblem.ts'
import { readEnv } from '../server/config/env.ts'
import { DatabaseProblem } from '../server/database/databaseProblem.ts'
import type { BlobStore } from '../server/files/blobStore.ts'
import { readBucketAccess } from '../server/files/bucketClient.ts'
import { createBlobStore } from '../server/files/createBlobStore.ts'
import { createFolderStore } from '../server/files/folderStore.ts'
import { backUp } from './backUp.ts'
import { BackupProblem } from './backupProblem.ts'
import { isBucketAddress, openBucket, splitAddress } from './bucket.ts'
import { backUpToBucket, restoreFromBucket } from './bucketBackup.ts'
import { restore } from './restore.ts'

const USAGE = `npm run backup -- [folder] [--keep 7]     copies the database into a folder; ./backups if none is given
npm run backup -- s3://bucket/folder      copies it into a bucket
npm run restore -- <copy>                 puts a copy in place of the database; stop Riacho first`

/** The file of the database, and the store of files. Throws `BackupProblem`. */
function whatToCopy(): { file: string; store: BlobStore } {
  const env = readEnv()
  const { file } = env.database
  if (file !== undefined) return { file, store: createBlobStore(filesOf(env).place) }
  throw new BackupProblem(
    'The database is PostgreSQL: copy it with pg_dump. docs/deployment/backups.md says how.',
  )
}

type Command =
  | { name: 'backup'; folder: string; keep: number | undefined }
  | { name: 'restore'; from: string }

/** Throws `TypeError` if the arguments are wrong. */
function readCommand(): Command {
  const { values, positionals } = parseArgs({
    options: { keep: { type: 'string' } },
    allowPositionals: true,
  })
  const [name, place, ...others] = positionals
  if (others.length > 0) throw new TypeError('more than one place')
  if (name === 'backup') return { name, folder: place ?? 'backups', keep: readKeep(values.keep) }
  if (name !== 'restore') throw new TypeError('backup or restore?')
  if (place === undefined) throw new TypeError('which copy?')
  if (values.keep !== undefined) throw new TypeError('--keep belongs to a backup')
  return { name, from: place }
}

function readKeep(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (!/^[1-9]\d*$/.test(value)) throw new TypeError('--keep is not a whole number from 1 on')
  return Number(value)
}

async function run(command: Command): Promise<void> {
  const { file, store } = whatToCopy()
  const now = new Date()
  if (command.name === 'backup') {
    const { folder, keep } = command
    const { path, bytes, removed, files } = isBucketAddress(folder)
      ? await backUpToBucket({
          file,
          bucket: openBucket(folder, process.env),
          now,
          keep,
          stores: { from: store, to: storeIn(folder) },
        })
      : await backUp({ file, folder, now, keep, store })
    console.log(`${path} (${(bytes / 1e6).toFixed(1)} MB), verified`)
    if (files?.copied) console.log(`${files.copied} new files, verified`)
    if (files?.missing) console.log(`${files.missing} files were erased meanwhile`)
    for (const old of removed) console.log(`removed ${old}`)
    return
  }
  const { before } = await restoreFrom(command.from, { file, now, store })
  console.log(`The database is ${command.from} now.`)
  if (before) console.log(`What was there before is in ${before}`)
}

function restoreFrom(
  from: string,
  { store, ...options }: { file: string; now: Date; store: BlobStore },
): ReturnType<typeof restore> {
  if (!isBucketAddress(from)) {
    const stores = { from: createFolderStore(dirname(from)), to: store }
    return restore({ ...options, from, stores })
  }
  const { folder, name } = splitAddress(from)
  const stores = { from: storeIn(folder), to: store }
  return restoreFromBucket({ ...options, bucket: openBucket(folder, process.env), name, stores })
}

/** The files in a bucket of copies. Throws `BackupProblem`. */
function storeIn(address: string): BlobStore {
  try {
    return createBlobStore({ bucket: readBucketAccess(address, process.env) })
  } catch (error) {
    throw new BackupProblem(error instanceof Error ? error.message : String(error))
  }
}

let command: Command
try {
  command = readCommand()
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`)
  process.exit(2)
}
try {
  await run(command)
} catch (error) {
  const isKnown =
    error instanceof BackupProblem ||
    error instanceof DatabaseProblem ||
    error instanceof ConfigProblem ||
    error instanceof RiachoError
  if (!isKnown) throw error
  console.error(error.message)
  process.exitCode = 1
}
