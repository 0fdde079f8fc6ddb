import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, TypeOverrides } from 'pg'

export type Row = Record<string, unknown>

/** The rows of a database, as the checks read them. */
export interface StoredRows extends AsyncDisposable {
  /** Rows as stored now. `?` stands for a parameter. */
  all(sql: string, ...parameters: string[]): Promise<Row[]>
  /** What is wrong with the database itself, in words. */
  faults(): Promise<string[]>
}

/** SQLITE_PROTOCOL: a reader lost the race for the write-ahead log a hundred times, because the server moved it meanwhile. */
const LOST_RACE = 15
const MAX_TRIES = 50

/** Opens the file of a server that may still run. */
export function openFileRows(databaseFile: string): StoredRows {
  const database = new DatabaseSync(databaseFile, { readOnly: true })
  const all = async (sql: string, ...parameters: string[]) => {
    for (let tries = 1; ; tries++) {
      try {
        return database.prepare(sql).all(...parameters)
      } catch (error) {
        if ((error as { errcode?: number }).errcode !== LOST_RACE || tries === MAX_TRIES) throw error
        await delay(10)
      }
    }
  }
  return {
    all,
    async faults() {
      const [integrity] = await all('pragma integrity_check')
      const unlike = await all(
        `select number from messages where number not in (select id from message_index_docsize)
         union all select id from message_index_docsize where id not in (select number from messages)`,
      )
      const untitled = await all(
        `select id from conversations
           where title_number is null or title_number not in (select id from title_index_docsize)
         union all select id from title_index_docsize
           where id not in (select title_number from conversations where title_number is not null)`,
      )
      return [
        ...(integrity?.['integrity_check'] === 'ok' ? [] : [`database: ${JSON.stringify(integrity)}`]),
        ...unlike.map(unlikeTheIndex),
        ...untitled.map(({ id }) => `title ${id} is not both in a conversation and in the index`),
      ]
    },
    async [Symbol.asyncDispose]() {
      database.close()
    },
  }
}

/** Opens a database of PostgreSQL. */
export async function openPostgresRows(url: string): Promise<StoredRows> {
  const types = new TypeOverrides()
  const INT8 = 20
  types.setTypeParser(INT8, Number)
  const client = new Client({ connectionString: url, types })
  // The server may die. Whoever asks hears of it.
  client.on('error', () => {})
  await client.connect()
  const all = async (sql: string, ...parameters: string[]): Promise<Row[]> => {
    let count = 0
    return (
      await client.query(
        sql.replace(/\?/g, () => `$${++count}`),
        parameters,
      )
    ).rows
  }
  return {
    all,
    async faults() {
      const unlike = await all(
        `select number from messages where number not in (select number from message_index)
         union all select number from message_index where number not in (select number from messages)`,
      )
      // A takeover empties the journal of the node, and from then on nothing may come into it.
      const late = await all(
        `select distinct node_id from journal
         where node_id not in (select id from nodes where dead_at is null)`,
      )
      return [
        ...unlike.map(unlikeTheIndex),
        ...late.map(row => `node ${row['node_id']} has stored something after another one took over`),
      ]
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}

function unlikeTheIndex({ number }: Row): string {
  return `message number ${number} and the index do not agree`
}
