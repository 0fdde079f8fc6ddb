import type { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import type { Erasure } from '../../database.ts'
import { eraseSlice } from '../../eraseSlice.ts'
import type { Tables } from '../../schema.ts'
import { sqliteForKysely } from '../driver.ts'
import { markRewriteDue } from './rewriteMark.ts'

/** Erases one slice, as `eraseSome` of `Database`, on the connection of the thread of the file. */
export async function eraseOnThread(sqlite: DatabaseSync, { id, at }: Erasure): Promise<void> {
  sqlite.exec('pragma temp_store = memory')
  sqlite.exec('pragma synchronous = normal')
  const database = { ...sqliteForKysely(sqlite), close() {} }
  const queries = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
  await queries.transaction().execute(async transaction => {
    await markRewriteDue(transaction, at)
    await eraseSlice(transaction, id)
  })
}
