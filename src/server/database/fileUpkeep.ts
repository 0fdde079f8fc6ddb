import type { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { RiachoError } from '../../protocol/errors.ts'
import { doFileWork } from './fileWork.ts'
import type { GroupCommit, GroupCommitOptions } from './groupCommit.ts'
import { clearRewriteDue } from './rewriteMark.ts'
import type { Queries } from './schema.ts'

export interface FileUpkeepOptions {
  path: string
  sqlite: DatabaseSync
  queries: Queries
  transact: GroupCommitOptions['transact']
  alone: GroupCommit['alone']
}

/** How many pages SQLite lets the write-ahead log grow to before a commit moves them to the file. Its own default. */
const LOG_PAGES = 1000

/** What keeps erased words out of the files: `purge` and `rewrite` of `Database`. */
export function createFileUpkeep({ path, sqlite, queries, transact, alone }: FileUpkeepOptions) {
  /** Whether the log may be as long as the file. Then only another thread may move it there, because it takes seconds. */
  let isLogLong = false

  function setLogLong(value: boolean): void {
    isLogLong = value
    sqlite.exec(`pragma wal_autocheckpoint = ${value ? 0 : LOG_PAGES}`)
  }

  async function truncateLog(): Promise<void> {
    if (isLogLong) {
      await doFileWork({ file: path, what: 'truncate-log' })
      return setLogLong(false)
    }
    const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(queries)
    if (rows[0]?.busy) throw new RiachoError('STORAGE_UNAVAILABLE', 'another process reads the database')
  }

  /** If this fails, the log stays long until a later call or `truncateLog` succeeds. */
  async function rewrite(): Promise<void> {
    setLogLong(true)
    await doFileWork({ file: path, what: 'rewrite' })
    setLogLong(false)
    await transact('process', clearRewriteDue)
  }

  return { purge: () => alone(truncateLog), rewrite: () => alone(rewrite) }
}
