import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { StreamEvent } from '../../../src/protocol/events.ts'

/**
 * Loaded before the server (`node --import`). `DIE_AT=before:<event>` kills the process just before the first transaction is
 * committed that stores such an event, and `after:<event>` just after it.
 */
export type EventPoint = `${'before' | 'after'}:${StreamEvent['type']}`

export function isEventPoint(label: string): label is EventPoint {
  return label.includes(':')
}

const [when, name] = (process.env['DIE_AT'] ?? '').split(':')
let isStoring = false

function dieIf(moment: string): void {
  if (isStoring && moment === when) process.kill(process.pid, 'SIGKILL')
}

if (name) {
  const { prepare } = DatabaseSync.prototype
  DatabaseSync.prototype.prepare = function (sql: string, ...rest: []): StatementSync {
    const statement = prepare.call(this, sql, ...rest)
    const run = statement.run.bind(statement)
    statement.run = (...parameters: []) => {
      const stores = (value: unknown) => typeof value === 'string' && value.includes(`event: ${name}\n`)
      if (parameters.some(stores)) isStoring = true
      if (sql === 'commit') dieIf('before')
      const result = run(...parameters)
      if (sql === 'commit') dieIf('after')
      return result
    }
    return statement
  }
}
