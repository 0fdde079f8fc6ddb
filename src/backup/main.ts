// Copies the database while a server uses it, and puts a copy back:
//   npm run backup -- [folder | s3://bucket/folder] [--keep 7]
//   npm run restore -- backups/riacho-20261129T181500Z.db
import { parseArgs } from 'node:util'
import { ConfigProblem } from '../server/config/configProblem.ts'
import { readEnv } from '../server/config/env.ts'
import { DatabaseProblem } from '../server/database/databaseProblem.ts'
import { backUp } from './backUp.ts'
import { BackupProblem } from './backupProblem.ts'
import { isBucketAddress, openBucket, splitAddress } from './bucket.ts'
import { backUpToBucket, restoreFromBucket } from './bucketBackup.ts'
import { restore } from './restore.ts'

const USAGE = `npm run backup -- [folder] [--keep 7]     copies the database into a folder; ./backups if none is given
npm run backup -- s3://bucket/folder      copies it into a bucket
npm run restore -- <copy>                 puts a copy in place of the database; stop Riacho first`

/** The file of the database. Throws `BackupProblem`. */
function databaseFile(): string {
  const { file } = readEnv().database
  if (file !== undefined) return file
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
  const file = databaseFile()
  const now = new Date()
  if (command.name === 'backup') {
    const { folder, keep } = command
    const { path, bytes, removed } = isBucketAddress(folder)
      ? await backUpToBucket({ file, bucket: openBucket(folder, process.env), now, keep })
      : await backUp({ file, folder, now, keep })
    console.log(`${path} (${(bytes / 1e6).toFixed(1)} MB), verified`)
    for (const old of removed) console.log(`removed ${old}`)
    return
  }
  const { before } = await restoreFrom(command.from, { file, now })
  console.log(`The database is ${command.from} now.`)
  if (before) console.log(`What was there before is in ${before}`)
}

function restoreFrom(from: string, options: { file: string; now: Date }): ReturnType<typeof restore> {
  if (!isBucketAddress(from)) return restore({ ...options, from })
  const { folder, name } = splitAddress(from)
  return restoreFromBucket({ ...options, bucket: openBucket(folder, process.env), name })
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
    error instanceof BackupProblem || error instanceof DatabaseProblem || error instanceof ConfigProblem
  if (!isKnown) throw error
  console.error(error.message)
  process.exitCode = 1
}
