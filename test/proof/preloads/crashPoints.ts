import { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

/**
 * Loaded before the server (`node --import`). Kills the process when it reaches the point in
 * `CRASH_POINT=<label>:<nth>` for the `nth` time. The points are calls of the platform, so the server needs no hook.
 */
export const CRASH_POINTS = [
  'before-migration-statement',
  'before-commit',
  'after-commit',
  'before-acknowledgement',
  'after-acknowledgement',
  'after-abort',
] as const

/** The points of a process whose database is a server: `statement` is what it writes to that one. */
export const NODE_CRASH_POINTS = [
  'before-statement',
  'after-statement',
  'before-acknowledgement',
  'after-acknowledgement',
  'after-abort',
] as const

export type CrashPoint = (typeof CRASH_POINTS | typeof NODE_CRASH_POINTS)[number]

const [label, nth = '1'] = (process.env['CRASH_POINT'] ?? '').split(':')
let reached = 0

function reach(point: CrashPoint): void {
  if (point === label && ++reached === Number(nth)) process.kill(process.pid, 'SIGKILL')
}

/** That of the database, if it is a server. */
const databasePort = Number(URL.parse(process.env['DATABASE_URL'] ?? '')?.port)

if (label) {
  const { prepare } = DatabaseSync.prototype
  DatabaseSync.prototype.prepare = function (sql: string, ...rest: []): StatementSync {
    if (/^create (table|unique index|index)/i.test(sql)) reach('before-migration-statement')
    const statement = prepare.call(this, sql, ...rest)
    if (sql !== 'commit') return statement
    const run = statement.run.bind(statement)
    statement.run = (...parameters: []) => {
      reach('before-commit')
      const result = run(...parameters)
      reach('after-commit')
      return result
    }
    return statement
  }

  const { write } = Socket.prototype
  Object.defineProperty(Socket.prototype, 'write', {
    // Node sets it on a socket whose other side has ended.
    writable: true,
    value(this: Socket & { _httpMessage?: unknown }, ...args: Parameters<typeof write>) {
      const isAcknowledgement = this._httpMessage instanceof ServerResponse
      if (!isAcknowledgement && this.remotePort !== databasePort) return write.apply(this, args)
      reach(isAcknowledgement ? 'before-acknowledgement' : 'before-statement')
      const result = write.apply(this, args)
      reach(isAcknowledgement ? 'after-acknowledgement' : 'after-statement')
      return result
    },
  })

  const { abort } = AbortController.prototype
  AbortController.prototype.abort = function (reason?: unknown) {
    abort.call(this, reason)
    reach('after-abort')
  }
}
