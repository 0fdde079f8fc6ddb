import { existsSync, realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import type { Fields } from '../formats/loose.ts'
import { ImportProblem } from '../importProblem.ts'

/** A database that is only read. */
export interface SqlSource {
  /** Where it is, as an address without a user and a password. */
  readonly place: string
  /** Quotes the name of a column. */
  quote(name: string): string
  /** Quotes the name of a table, which may have a schema before a dot. A name in double quotes may itself have dots. */
  quoteTable(name: string): string
  /** The columns of a table. Throws what the database says if there is no such table. */
  columnsOf(table: string): Promise<string[]>
  /** The rows of a query, a few at a time. Throws `ImportProblem`. */
  rows(query: string): AsyncIterable<Fields>
  close(): Promise<void>
}

/** Opens a database by its address: `postgres:`, `mysql:` or `file:`. Throws `ImportProblem`. */
export async function openSqlSource(address: string): Promise<SqlSource> {
  const open = OPENERS.find(([scheme]) => scheme.test(address))?.[1]
  if (!open) throw new ImportProblem('The address of the database begins with postgres:, mysql: or file:')
  const source = await problemsOf('opened', () => open(address))
  return { ...source, rows: query => readRows(source.rows(query)) }
}

/** A database that closes the connection in the middle is no fault of the importer. */
async function* readRows(rows: AsyncIterable<Fields>): AsyncGenerator<Fields> {
  const iterator = rows[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { value, done } = await problemsOf('read', () => iterator.next())
      if (done) return
      yield value
    }
  } finally {
    await iterator.return?.()
  }
}

async function problemsOf<Result>(done: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ImportProblem) throw error
    const { message, code = '' } = error as Error & { code?: string }
    throw new ImportProblem(`The database cannot be ${done} (${message || code}).`)
  }
}

function quoter(mark: string): Pick<SqlSource, 'quote' | 'quoteTable'> {
  const quote = (name: string) => mark + name.replaceAll(mark, mark + mark) + mark
  const quoteTable = (name: string) => {
    const pieces = name.match(/"[^"]*"|[^.]+/g) ?? [name]
    return pieces.map(piece => quote(piece.replace(/^"(.*)"$/s, '$1'))).join('.')
  }
  return { quote, quoteTable }
}

async function openSqlite(address: string): Promise<SqlSource> {
  const path = /^file:\/\/\//.test(address) ? fileURLToPath(address) : resolve(address.slice('file:'.length))
  if (!existsSync(path)) throw new ImportProblem(`There is no database ${path}.`)
  const database = new DatabaseSync(path, { readOnly: true })
  const { quote, quoteTable } = quoter('"')
  return {
    place: `file:${realpathSync(path)}`,
    quote,
    quoteTable,
    columnsOf: async table =>
      database
        .prepare(`select * from ${quoteTable(table)} limit 0`)
        .columns()
        .map(({ name }) => name),
    async *rows(query) {
      const statement = database.prepare(query)
      // An id may be larger than any whole number that JavaScript keeps exactly.
      statement.setReadBigInts(true)
      yield* statement.iterate()
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
  await client.connect()
  const { quote, quoteTable } = quoter('"')
  if (schema) await client.query(`set search_path to ${quote(schema)}`)
  const { host, port, database } = client
  return {
    place: `postgres://${host}:${port}/${database}${schema ? `?schema=${schema}` : ''}`,
    quote,
    quoteTable,
    columnsOf: async table => {
      const { fields } = await client.query(`select * from ${quoteTable(table)} limit 0`)
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
  const { hostname, port: portText, username, password, pathname, searchParams } = new URL(address)
  const socketPath = searchParams.get('socket')
  const port = portText === '' ? 3306 : Number(portText)
  const database = decodeURIComponent(pathname.slice(1))
  const connection = createConnection({
    host: hostname,
    port,
    ...(socketPath && { socketPath }),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database,
    dateStrings: true,
    supportBigNumbers: true,
  })
  const asked = connection.promise()
  await asked.connect()
  const { quote, quoteTable } = quoter('`')
  return {
    place: `mysql://${socketPath ?? `${hostname}:${port}`}/${database}`,
    quote,
    quoteTable,
    columnsOf: async table => {
      const [, fields] = await asked.query(`select * from ${quoteTable(table)} limit 0`)
      return fields.map(({ name }) => name)
    },
    async *rows(query) {
      yield* connection.query(query).stream()
    },
    close: () => asked.end(),
  }
}

const OPENERS = [
  [/^postgres(ql)?:/, openPostgres],
  [/^(mysql|mariadb):/, openMysql],
  [/^file:/, openSqlite],
] as const

/** Drivers are installed by who needs them. */
async function driver<Module>(name: string, database: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new ImportProblem(`To read ${database}, install its driver beside Riacho: npm install ${name}`)
  }
}
