import { afterAll, beforeAll } from 'vitest'
import type { Database } from '../../src/server/database/database.ts'
import { openPostgres } from '../../src/server/database/postgres/open.ts'
import { openSqlite } from '../../src/server/database/sqlite/open.ts'
import { temporaryFolder } from './folder.ts'
import { silentLogger } from './log.ts'
import { type PostgresServer, startPostgres } from './postgres.ts'

type WithDatabase = (work: (database: Database) => Promise<void>) => Promise<void>

export interface BothDatabases {
  /** By its name: opens an empty database for a work, and closes it. */
  databases: Record<'SQLite' | 'PostgreSQL', WithDatabase>
  /** The address of an empty database on PostgreSQL. */
  postgresUrl(): Promise<string>
}

/** Runs works on both databases. Call it once in a file, outside of its tests. */
export function bothDatabases(): BothDatabases {
  let postgres: PostgresServer
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(() => postgres[Symbol.asyncDispose]())
  return {
    postgresUrl: () => postgres.createDatabase(),
    databases: {
      async SQLite(work) {
        await using folder = await temporaryFolder()
        const database = await openSqlite(`${folder.path}/riacho.db`, silentLogger)
        await work(database).finally(() => database.close())
      },
      async PostgreSQL(work) {
        const database = await openPostgres(await postgres.createDatabase())
        await work(database).finally(() => database.close())
      },
    },
  }
}
