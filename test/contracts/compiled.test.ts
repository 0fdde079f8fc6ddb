import type { Insertable } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { GroupRow } from '../../src/server/database/accounts/accountRows.ts'
import { compiled } from '../../src/server/database/compiled.ts'
import { bothDatabases } from '../harness/bothDatabases.ts'

interface Setting {
  key: string
  value: string
}

const insertSetting = compiled((queries, row: Setting) => queries.insertInto('settings').values(row))
const selectSetting = compiled((queries, { key }: Pick<Setting, 'key'>) =>
  queries.selectFrom('settings').select('value').where('key', '=', key),
)
const insertGroup = compiled((queries, row: Insertable<GroupRow>) =>
  queries.insertInto('account_groups').values(row),
)
const updateGroup = compiled((queries, { id, ...change }: Partial<Insertable<GroupRow>> & { id: string }) =>
  queries.updateTable('account_groups').set(change).where('id', '=', id),
)
const updateSetting = compiled((queries, { key, ...change }: Partial<Setting> & { key: string }) =>
  queries.updateTable('settings').set(change).where('key', '=', key),
)

const { databases } = bothDatabases()

describe.each(Object.entries(databases))('a query on %s that is built once', (_, use) => {
  test('runs with the values of each call', () =>
    use(async database => {
      const keys = ['one', 'two', 'three']
      const values = await database.write('process', async queries => {
        for (const key of keys) await insertSetting(queries, { key, value: `of ${key}` })
        return Promise.all(keys.map(async key => (await selectSetting(queries, { key })).rows))
      })
      expect(values).toEqual([[{ value: 'of one' }], [{ value: 'of two' }], [{ value: 'of three' }]])
    }))

  test('says how many rows it has changed', () =>
    use(async database => {
      const changed = await database.write('process', async queries => {
        await insertSetting(queries, { key: 'counted', value: 'a' })
        const known = await updateSetting(queries, { key: 'counted', value: 'b' })
        const unknown = await updateSetting(queries, { key: 'nobody', value: 'b' })
        return [known.numAffectedRows, unknown.numAffectedRows]
      })
      expect(changed).toEqual([1n, 0n])
    }))

  test('leaves out a value that is undefined', () =>
    use(async database => {
      const rows = await database.write('process', async queries => {
        await insertGroup(queries, { id: 'g', name: 'a', created_at: 0, micros: 5, tokens: undefined })
        await updateGroup(queries, { id: 'g', name: 'b', micros: undefined })
        await updateGroup(queries, { id: 'g', name: undefined, tokens: 7 })
        return queries.selectFrom('account_groups').select(['name', 'micros', 'tokens']).execute()
      })
      expect(rows).toEqual([{ name: 'b', micros: 5, tokens: 7 }])
    }))

  test('does not see what a transaction of another has not committed', () =>
    use(async database => {
      const begun = Promise.withResolvers<void>()
      const goesOn = Promise.withResolvers<void>()
      const written = database
        .write('process', async queries => {
          await insertSetting(queries, { key: 'half', value: 'a' })
          begun.resolve()
          await goesOn.promise
          throw new Error('rolled back')
        })
        .catch(() => {})
      await begun.promise
      const seen = selectSetting(database.queries, { key: 'half' })
      goesOn.resolve()
      await written
      expect((await seen).rows).toEqual([])
    }))

  test('refuses to run in a transaction that is over', () =>
    use(async database => {
      const leaked = await database.write('process', async queries => queries)
      await expect(insertSetting(leaked, { key: 'late', value: 'a' })).rejects.toThrow()
      expect((await selectSetting(database.queries, { key: 'late' })).rows).toEqual([])
    }))
})
