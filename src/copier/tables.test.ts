import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/harness/folder.ts'
import { silentLogger } from '../../test/harness/log.ts'
import { openSqlite } from '../server/database/sqlite/open.ts'
import { COPIED_TABLES } from './tables.ts'

/** The journal is settled first. The indexes of words and the counts are made anew. */
const LEFT_OUT = /^(journal|owner_storage|message_index.*|title_index.*|kysely_.*|sqlite_.*)$/

test('every table of SQLite is copied, or made anew', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'riacho.db')
  const database = await openSqlite(file, silentLogger)
  const reading = new DatabaseSync(file, { readOnly: true })
  const names = reading
    .prepare(`select name from sqlite_master where type = 'table'`)
    .all()
    .map(({ name }) => String(name))
  const unnumbered = reading.prepare(`select name from pragma_table_list where type = 'table' and wr`).all()
  reading.close()
  await database.close()
  // A copy goes on from the number of a row.
  expect(unnumbered).toEqual([])
  expect(names.filter(name => !LEFT_OUT.test(name)).toSorted()).toEqual([...COPIED_TABLES].toSorted())
})
