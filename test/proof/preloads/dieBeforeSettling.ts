import { Socket } from 'node:net'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

/** Loaded before the server. Kills the process as it begins to settle the first run, after the end of that is stored. */
const SETTLING = 'delete from "spending_reservations"'

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  // The signal may come a moment later.
  for (;;);
}

const { prepare } = DatabaseSync.prototype
DatabaseSync.prototype.prepare = function (sql: string, ...rest: []): StatementSync {
  if (sql.startsWith(SETTLING)) die()
  return prepare.call(this, sql, ...rest)
}

const { write } = Socket.prototype
Socket.prototype.write = function (this: Socket, chunk: string | Uint8Array, ...rest: []): boolean {
  if (Buffer.from(chunk as Uint8Array).includes(SETTLING)) die()
  return write.call(this, chunk, ...rest)
} as typeof write
