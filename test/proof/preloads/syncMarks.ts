import { openSync, readSync, statSync, writeSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

/**
 * Loaded before the server. After each commit that survives a loss of power, writes to the file `SYNC_MARKS` how much of
 * the write-ahead log is synced: the salts of the log and the number of its last frame. Both stand in the first bytes of
 * the `-shm` file.
 */
const file = process.env['SYNC_MARKS']
/** Where the index of the log has the number of its last frame, and after it, with one other field between, the salts. */
const FRAMES_AT = 16
const HEADER = 48

if (file) {
  const marks = openSync(file, 'a+')
  const header = Buffer.alloc(HEADER)
  let path = ''
  let isFull = true

  // It is never closed: with the first `close` of a file a process loses all its locks on it, those of SQLite too. Another
  // process that opens the database then empties the `-shm` file, and this one dies of SIGBUS.
  const indexes = new Map<number, number>()
  const indexOf = (database: string) => {
    const { ino } = statSync(`${database}-shm`)
    const index = indexes.get(ino) ?? openSync(`${database}-shm`, 'r')
    indexes.set(ino, index)
    return index
  }

  const { exec, prepare } = DatabaseSync.prototype
  DatabaseSync.prototype.exec = function (sql: string): void {
    exec.call(this, sql)
    if (/^pragma synchronous/.test(sql)) isFull = sql.includes('full')
    if (/journal_mode = wal/.test(sql)) path = this.location() ?? ''
  }
  const mark = () => {
    readSync(indexOf(path), header, 0, HEADER, 0)
    writeSync(marks, header.subarray(FRAMES_AT, FRAMES_AT + 24))
  }
  DatabaseSync.prototype.prepare = function (sql: string, ...rest: []): StatementSync {
    const statement = prepare.call(this, sql, ...rest)
    if (sql !== 'commit') return statement
    const run = statement.run.bind(statement)
    statement.run = (...parameters: []) => {
      const result = run(...parameters)
      if (isFull) mark()
      return result
    }
    return statement
  }
}
