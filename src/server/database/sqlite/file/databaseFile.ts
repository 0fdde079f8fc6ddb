import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Logger } from 'pino'
import { RiachoError } from '../../../../protocol/errors.ts'
import { DatabaseProblem } from '../../databaseProblem.ts'
import { makeFolder } from './makeFolder.ts'

/**
 * Makes the file of a database, its lock file and its folder, if they are missing, and makes them private. Returns the
 * real path, because two servers that come by different links have to meet at one lock. Throws `DatabaseProblem`.
 */
export function prepareFile(file: string): string {
  const named = resolve(file)
  let path = named
  try {
    const folder = dirname(named)
    makeFolder(folder)
    accessSync(folder, constants.W_OK)
    if (existsSync(named)) accessSync(named, constants.W_OK)
    touch(named)
    path = realpathSync(named)
    touch(`${path}.lock`)
    for (const suffix of ['', '.lock', '-wal', '-shm']) keepFromOthers(path + suffix)
  } catch {
    throw new DatabaseProblem(
      `The database ${named} cannot be written: check that the folder exists and is yours.`,
    )
  }
  // SQLite names the write-ahead log by the name of the file, so two names lead to two logs of one database.
  if (statSync(path).nlink > 1) {
    throw new DatabaseProblem(
      `The database ${path} has another name (a hard link), under which another process could damage it: remove that name.`,
    )
  }
  return path
}

/**
 * Makes a file that is missing. A file that exists is not opened: with the first `close` of a file a process loses all
 * its locks on it, those of another `createRiacho` too.
 */
function touch(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
}

/**
 * Makes a file readable only by its owner, because an earlier version may have left it open to others. SQLite gives its
 * new files the rights of the database. A file of another user stays as it is, because only that user can change its
 * rights.
 */
function keepFromOthers(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false })
  // A device is everybody's.
  if (stats?.isFile() && stats.uid === process.getuid?.() && stats.mode & 0o077) chmodSync(path, 0o600)
}

/** The files of an open database. */
export interface DatabaseFiles {
  /**
   * Throws `STORAGE_UNAVAILABLE` if a file is no longer where it was: what is written to it then is lost when the
   * process ends. The log says so once. It takes a few microseconds.
   */
  requireInPlace(): void
  /** Whether a file was lost when `requireInPlace` looked last. */
  readonly isLost: boolean
}

/** Remembers which files the database `path` has now. Its lock counts too, because a deleted lock no longer locks. */
export function watchFiles(path: string, logger: Logger): DatabaseFiles {
  const files = [path, `${path}-wal`, `${path}.lock`].flatMap(name => {
    const stats = statSync(name, { throwIfNoEntry: false })
    return stats ? { name, stats } : []
  })
  let lost: 'missing' | 'replaced' | undefined
  const requireInPlace = () => {
    for (const { name, stats } of files) {
      const now = statSync(name, { throwIfNoEntry: false })
      if (now?.ino === stats.ino && now.dev === stats.dev) continue
      const reason = now ? 'replaced' : 'missing'
      const sentence = lossOf(name, reason)
      if (lost !== reason) logger.error(sentence)
      lost = reason
      throw new RiachoError('STORAGE_UNAVAILABLE', sentence, { reason, isLogged: true })
    }
    if (lost) logger.warn(`The database ${path} is back. Riacho stores again.`)
    lost = undefined
  }
  return {
    requireInPlace,
    get isLost() {
      return lost !== undefined
    },
  }
}

function lossOf(path: string, reason: 'missing' | 'replaced'): string {
  const happened = reason === 'missing' ? 'deleted' : 'replaced'
  return `${path} was ${happened} while Riacho runs. Put back the file that was there. Until then Riacho stores nothing new. When it ends, everything that was in that file is lost.`
}
