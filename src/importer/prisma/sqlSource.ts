import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import type { Fields } from '../formats/loose.ts'
import { ImportProblem } from '../importProblem.ts'

/** A database that is only read. */
export interface SqlSource {
  /** Quotes the name of a table, which may have a schema before a dot, or of a column. */
  quote(name: string): string
  /** The columns of a table. Throws what the database says if there is no such table. */
  columnsOf(table: string): Promise<string[]>
  /** The rows of a query, a few at a time. */
  rows(query: string): AsyncIterable<Fields>
  close(): Promise<void>
}

/** Opens a database by its address: `postgres:`, `mysql:` or `file:`. Throws `ImportProblem`. */
export async function openSqlSource(address: string): Promise<SqlSource> {
  if (/^postgres(ql)?:/.test(address)) return openPostgres(address)
  if (/^(mysql|mariadb):/.test(address)) return openMysql(address)
  if (address.startsWith('file:')) return openSqlite(address)
  throw new ImportProblem('The address of the database begins with postgres:, mysql: or file:')
}

function quoter(mark: string): SqlSource['quote'] {
  const quoteOne = (name: string) => mark + name.replaceAll(mark, mark + mark) + mark
  return name => name.split('.').map(quoteOne).join('.')
}

function openSqlite(address: string): SqlSource {
  const path = /^file:\/\/\//.test(address) ? fileURLToPath(address) : resolve(address.slice('file:'.length))
  if (!existsSync(path)) throw new ImportProblem(`There is no database ${path}.`)
  const database = new DatabaseSync(path, { readOnly: true })
  const quote = quoter('"')
  return {
    quote,
    columnsOf: async table =>
      database
        .prepare(`select * from ${quote(table)} limit 0`)
        .columns()
        .map(({ name }) => name),
    async *rows(query) {
      yield* database.prepare(query).iterate()
    },
    close: async () => database.close(),
  }
}

const FETCH = 'fetch 200 from riacho_rows'

async function openPostgres(address: string): Promise<SqlSource> {
  const { default: pg } = await driver('pg', 'PostgreSQL', () => import('pg'))
  const schema = new URL(address).searchParams.get('schema')
  // Texts as the server writes them, because the driver would read a time without a zone as one of this machine.
  const types = {
    getTypeParser: (oid: number) => (JSON_TYPES.has(oid) ? JSON.parse : (text: string) => text),
  }
  const client = new pg.Client({ connectionString: address, types: types as never })
  await opening(() => client.connect())
  const quote = quoter('"')
  if (schema) await client.query(`set search_path to ${quote(schema)}`)
  return {
    quote,
    columnsOf: async table => {
      const { fields } = await client.query(`select * from ${quote(table)} limit 0`)
      return fields.map(({ name }) => name)
    },
    async *rows(query) {
      await client.query('begin isolation level repeatable read read only')
      try {
        await client.query(`declare riacho_rows no scroll cursor for ${query}`)
        for (;;) {
          const { rows } = await client.query(FETCH)
          yield* rows
          if (rows.length === 0) return
        }
      } finally {
        await client.query('rollback')
      }
    },
    close: () => client.end(),
  }
}

/** Of `json` and `jsonb`. */
const JSON_TYPES = new Set([114, 3802])

async function openMysql(address: string): Promise<SqlSource> {
  const { createConnection } = await driver('mysql2', 'MySQL', () => import('mysql2'))
  const { hostname, port, username, password, pathname, searchParams } = new URL(address)
  const socketPath = searchParams.get('socket')
  const connection = createConnection({
    host: hostname,
    port: port === '' ? 3306 : Number(port),
    ...(socketPath && { socketPath }),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    dateStrings: true,
    supportBigNumbers: true,
  })
  const asked = connection.promise()
  await opening(() => asked.connect())
  const quote = quoter('`')
  return {
    quote,
    columnsOf: async table => {
      const [, fields] = await asked.query(`select * from ${quote(table)} limit 0`)
      return fields.map(({ name }) => name)
    },
    async *rows(query) {
      yield* connection.query(query).stream()
    },
    close: () => asked.end(),
  }
}

async function opening(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const { message, code = '' } = error as Error & { code?: string }
    throw new ImportProblem(`The database cannot be opened (${message || code}).`)
  }
}

/** Drivers are installed by who needs them. */
async function driver<Module>(name: string, database: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new ImportProblem(`To read ${database}, install its driver beside Riacho: npm install ${name}`)
  }
}
