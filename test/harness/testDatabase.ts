import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { AskerData, Question } from './askPostgres.ts'
import { type PostgresServer, startPostgres } from './postgres.ts'

/** `TEST_DATABASE=postgres` runs the tests of the server on PostgreSQL. */
export const onPostgres = process.env['TEST_DATABASE'] === 'postgres'

let server: PostgresServer | undefined
const urlByFolder = new Map<string, Promise<string>>()

/** The address of the database that belongs to a folder. It is empty the first time. */
export async function databaseUrlIn(folder: string): Promise<string> {
  if (!onPostgres) return `file:${join(folder, 'riacho.db')}`
  if (!server) throw new Error('the database server of the tests has not been started')
  const url = urlByFolder.get(folder) ?? server.createDatabase()
  urlByFolder.set(folder, url)
  return await url
}

/** Starts the server of the tests of a file. Gives the function that ends it. */
export async function openTestDatabase(): Promise<() => Promise<void>> {
  const started = await startPostgres()
  server = started
  return async () => started[Symbol.asyncDispose]()
}

type Row = Record<string, unknown>

/** Rows of a database, as stored now. `?` stands for a parameter. */
export function readRows(url: string, sql: string, parameters: readonly (string | number)[]): Row[] {
  if (!url.startsWith('file:')) return rowsOfPostgres(url, sql, parameters)
  const database = new DatabaseSync(url.slice('file:'.length), { readOnly: true })
  try {
    return database.prepare(sql).all(...parameters)
  } finally {
    database.close()
  }
}

let asker: { port: MessagePort; done: Int32Array } | undefined

function startAsker(): { port: MessagePort; done: Int32Array } {
  const { port1, port2 } = new MessageChannel()
  const done = new Int32Array(new SharedArrayBuffer(4))
  const workerData: AskerData = { port: port2, done }
  new Worker(join(import.meta.dirname, 'askPostgres.ts'), { workerData, transferList: [port2] }).unref()
  port1.unref()
  return { port: port1, done }
}

/** By a thread, so that a test need not wait where it reads. */
function rowsOfPostgres(url: string, sql: string, values: readonly (string | number)[]): Row[] {
  asker ??= startAsker()
  let count = 0
  const question: Question = { url, text: sql.replace(/\?/g, () => `$${++count}`), values }
  Atomics.store(asker.done, 0, 0)
  asker.port.postMessage(question)
  Atomics.wait(asker.done, 0, 0)
  const { rows, problem } = receiveMessageOnPort(asker.port)?.message ?? {}
  if (problem) throw new Error(problem)
  return rows
}
