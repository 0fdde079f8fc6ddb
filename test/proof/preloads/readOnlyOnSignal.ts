import { DatabaseSync, type StatementSync } from 'node:sqlite'

/**
 * Loaded before the server. SIGUSR2 makes the database read-only, and the next SIGUSR2 makes it writable again. SQLite
 * reports it as it does when a file system is remounted under a running process. A real remount is refused while files
 * are open for writing.
 */
const SQLITE_READONLY = 8

let isReadOnly = false
process.on('SIGUSR2', () => {
  isReadOnly = !isReadOnly
})

const { prepare } = DatabaseSync.prototype
DatabaseSync.prototype.prepare = function (sql: string, ...rest: []): StatementSync {
  const statement = prepare.call(this, sql, ...rest)
  if (!/^\s*(insert|update|delete)/i.test(sql)) return statement
  const run = statement.run.bind(statement)
  statement.run = (...parameters: []) => {
    if (isReadOnly) {
      throw Object.assign(new Error('attempt to write a readonly database'), { errcode: SQLITE_READONLY })
    }
    return run(...parameters)
  }
  return statement
}
